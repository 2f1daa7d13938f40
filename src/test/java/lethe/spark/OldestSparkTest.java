package lethe.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.AccessTarget.FieldAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import lethe.BuildFolder;
import org.junit.jupiter.api.Test;

/**
 * Lethe is compiled and tested against the newest Spark of its line. Platforms have older ones:
 * what its classes call must be in the first release of the line, too, with the same types.
 */
class OldestSparkTest {
  /** Called only by a Spark that has it, from a method that another never calls. */
  private static final String NEWER =
      "org.apache.spark.network.server.StreamManager.checkAuthorization(org.apache.spark.network.client.TransportClient, java.lang.String)";

  @Test
  void allThatLetheCallsOfSparkIsInTheFirstReleaseOfTheLine() throws IOException {
    Set<String> missing = new TreeSet<>();
    List<String> found = new ArrayList<>();
    try (URLClassLoader oldest = oldest()) {
      for (JavaClass caller : new ClassFileImporter().importPath(BuildFolder.path("classes"))) {
        for (JavaAccess<?> access : caller.getAccessesFromSelf()) {
          if (access.getTargetOwner().getPackageName().startsWith("org.apache.spark")) {
            String target = described(access);
            (isIn(oldest, access) ? found : missing).add(target);
          }
        }
      }
    }
    assertThat(found).as("calls that are in both").hasSizeGreaterThan(500);
    assertThat(missing).isSubsetOf(NEWER);
  }

  private static String described(JavaAccess<?> access) {
    return access.getTarget() instanceof CodeUnitAccessTarget method
        ? "%s.%s(%s)"
            .formatted(
                access.getTargetOwner().getName(),
                access.getName(),
                String.join(", ", names(method.getRawParameterTypes())))
        : access.getTarget().getFullName();
  }

  private static List<String> names(List<JavaClass> types) {
    return types.stream().map(JavaClass::getName).toList();
  }

  private static boolean isIn(ClassLoader oldest, JavaAccess<?> access) {
    try {
      Class<?> owner = Class.forName(access.getTargetOwner().getName(), false, oldest);
      assertThat(owner.getClassLoader()).as(owner + " is of the oldest").isSameAs(oldest);
      return withAllItInherits(owner).stream().anyMatch(type -> declares(type, access));
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static Set<Class<?>> withAllItInherits(Class<?> type) {
    Set<Class<?>> all = new LinkedHashSet<>();
    for (Class<?> at = type; at != null; at = at.getSuperclass()) {
      all.add(at);
      for (Class<?> face : at.getInterfaces()) {
        all.addAll(withAllItInherits(face));
      }
    }
    return all;
  }

  private static boolean declares(Class<?> type, JavaAccess<?> access) {
    if (access.getTarget() instanceof FieldAccessTarget field) {
      return Arrays.stream(type.getDeclaredFields())
          .anyMatch(
              f ->
                  f.getName().equals(field.getName())
                      && f.getType().getName().equals(field.getRawType().getName()));
    }
    CodeUnitAccessTarget method = (CodeUnitAccessTarget) access.getTarget();
    List<String> parameters = names(method.getRawParameterTypes());
    if (method.getName().equals("<init>")) {
      return Arrays.stream(type.getDeclaredConstructors())
          .anyMatch(c -> parameters.equals(classNames(c.getParameterTypes())));
    }
    return Arrays.stream(type.getDeclaredMethods())
        .anyMatch(
            m ->
                m.getName().equals(method.getName())
                    && m.getReturnType().getName().equals(method.getRawReturnType().getName())
                    && parameters.equals(classNames(m.getParameterTypes())));
  }

  private static List<String> classNames(Class<?>... types) {
    return Stream.of(types).map(Class::getName).toList();
  }

  /** Its own Spark, and for the rest what the tests have. */
  private static URLClassLoader oldest() throws IOException {
    List<URL> jars = new ArrayList<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(BuildFolder.path("oldest-spark"), "*.jar")) {
      for (Path jar : files) {
        jars.add(jar.toUri().toURL());
      }
    }
    ClassLoader others =
        new ClassLoader(OldestSparkTest.class.getClassLoader()) {
          @Override
          protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("org.apache.spark.")) {
              throw new ClassNotFoundException(name);
            }
            return super.loadClass(name, resolve);
          }
        };
    return new URLClassLoader(jars.toArray(URL[]::new), others);
  }
}
