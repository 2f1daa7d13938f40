package lethe.folder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same permissions as Hadoop's own local file system gives. */
class PosixFileSystemTest {
  @TempDir Path folder;

  @Test
  void permissionsAreThoseOfHadoopsOwn() throws IOException {
    for (String octal : new String[] {"640", "755", "600", "1777"}) {
      FsPermission permission = new FsPermission(octal);
      assertThat(of("own" + octal, "org.apache.hadoop.fs.LocalFileSystem", permission))
          .isEqualTo(of("posix" + octal, PosixFileSystem.class.getName(), permission));
    }
    assertThat(of("last", PosixFileSystem.class.getName(), new FsPermission("640")))
        .isEqualTo("rw-r----- 33184, rwxr-x--x 16873");
  }

  /** Permissions and mode of a file and of a folder. */
  private String of(String name, String implementation, FsPermission permission)
      throws IOException {
    Configuration configuration = new Configuration();
    configuration.set("fs.file.impl", implementation);
    Path file = folder.resolve(name);
    Path made = folder.resolve(name + "-folder");
    try (FileSystem system = FileSystem.newInstance(folder.toUri(), configuration)) {
      assertThat(system.getClass().getName()).isEqualTo(implementation);
      org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(file.toUri());
      try (OutputStream out = FileSystem.create(system, path, permission)) {
        out.write(1);
      }
      system.mkdirs(new org.apache.hadoop.fs.Path(made.toUri()), new FsPermission("751"));
    }
    return mode(file) + ", " + mode(made);
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path))
        + " "
        + Files.getAttribute(path, "unix:mode");
  }
}
