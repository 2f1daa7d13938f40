package lethe.folder;

import java.io.IOException;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * Asks {@link Faults} before each request of Hadoop's S3 client that changes an object: a put, a
 * post (deletes and the parts of long objects) or a delete. A folder deleted or renamed is as many
 * requests as it has objects.
 */
public final class S3Faults implements ExecutionInterceptor {
  /** The settings with which Hadoop uses it, and takes the first failure for the answer. */
  public static Map<String, String> hadoop() {
    return Map.of(
        "fs.s3a.audit.enabled", "true", // what has request handlers
        "fs.s3a.audit.execution.interceptors", S3Faults.class.getName(),
        "fs.s3a.attempts.maximum", "1",
        "fs.s3a.retry.limit", "0",
        "fs.s3a.retry.interval", "1ms");
  }

  @Override
  public void beforeTransmission(
      Context.BeforeTransmission context, ExecutionAttributes attributes) {
    SdkHttpRequest request = context.httpRequest();
    SdkHttpMethod method = request.method();
    try {
      if (method == SdkHttpMethod.GET || method == SdkHttpMethod.HEAD) {
        Faults.alive();
      } else {
        // With "create" the disk of FULL is full: an object store has no other way to write.
        String call = method == SdkHttpMethod.PUT ? "create" : method.name();
        Faults.ask(call, new Path(request.encodedPath()));
      }
    } catch (IOException e) {
      throw SdkClientException.create(e.getMessage(), e);
    }
  }
}
