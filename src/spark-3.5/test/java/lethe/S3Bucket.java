package lethe;

import com.amazonaws.auth.AWSStaticCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.AmazonS3ClientBuilder;
import com.amazonaws.services.s3.model.ListObjectsV2Request;
import com.amazonaws.services.s3.model.ListObjectsV2Result;
import com.amazonaws.services.s3.model.ObjectMetadata;
import com.amazonaws.services.s3.model.S3ObjectSummary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A bucket as a test sees it, through the first SDK of Amazon's, which is in the Hadoop before 3.4.
 */
final class S3Bucket implements AutoCloseable {
  private final AmazonS3 client;
  private final String name;

  /** Makes the bucket. */
  S3Bucket(String endpoint, String name) {
    client =
        AmazonS3ClientBuilder.standard()
            .withEndpointConfiguration(new EndpointConfiguration(endpoint, "us-east-1"))
            .withPathStyleAccessEnabled(true)
            .withCredentials(
                new AWSStaticCredentialsProvider(
                    new BasicAWSCredentials(S3Server.KEY, S3Server.SECRET)))
            .build();
    this.name = name;
    client.createBucket(name);
  }

  List<String> keys(String prefix) {
    List<String> keys = new ArrayList<>();
    ListObjectsV2Request request =
        new ListObjectsV2Request().withBucketName(name).withPrefix(prefix);
    ListObjectsV2Result page;
    do {
      page = client.listObjectsV2(request);
      page.getObjectSummaries().stream().map(S3ObjectSummary::getKey).forEach(keys::add);
      request.setContinuationToken(page.getNextContinuationToken());
    } while (page.isTruncated());
    return keys;
  }

  byte[] get(String key) {
    try (var object = client.getObject(name, key).getObjectContent()) {
      return object.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void put(String key, byte[] content) {
    ObjectMetadata length = new ObjectMetadata();
    length.setContentLength(content.length);
    client.putObject(name, key, new ByteArrayInputStream(content), length);
  }

  void delete(String key) {
    client.deleteObject(name, key);
  }

  @Override
  public void close() {
    client.shutdown();
  }
}
