package lethe.folder;

import com.amazonaws.AmazonClientException;
import com.amazonaws.Request;
import com.amazonaws.handlers.RequestHandler2;
import com.amazonaws.http.HttpMethodName;
import java.io.IOException;
import java.util.Map;
import org.apache.hadoop.fs.Path;

/**
 * Asks {@link Faults} before each request of Hadoop's S3 client that changes an object: a put, a
 * post (deletes and the parts of long objects) or a delete. A folder deleted or renamed is as many
 * requests as it has objects.
 */
public final class S3Faults extends RequestHandler2 {
  /** The settings with which Hadoop uses it, and takes the first failure for the answer. */
  public static Map<String, String> hadoop() {
    return Map.of(
        "fs.s3a.audit.enabled", "true", // what has request handlers
        "fs.s3a.audit.request.handlers", S3Faults.class.getName(),
        "fs.s3a.attempts.maximum", "1",
        "fs.s3a.retry.limit", "0",
        "fs.s3a.retry.interval", "1ms");
  }

  @Override
  public void beforeRequest(Request<?> request) {
    try {
      HttpMethodName method = request.getHttpMethod();
      if (method == HttpMethodName.GET || method == HttpMethodName.HEAD) {
        Faults.alive();
      } else {
        // With "create" the disk of FULL is full: an object store has no other way to write.
        String call = method == HttpMethodName.PUT ? "create" : method.name();
        Faults.ask(call, new Path(request.getResourcePath()));
      }
    } catch (IOException e) {
      throw new AmazonClientException(e.getMessage(), e);
    }
  }
}
