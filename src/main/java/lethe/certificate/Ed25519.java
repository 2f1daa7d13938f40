package lethe.certificate;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/** Signatures by Ed25519 (RFC 8032), with keys as OpenSSL writes them (PEM). */
final class Ed25519 {
  private static final String NAME = "Ed25519";

  private Ed25519() {}

  /**
   * Signs bytes.
   *
   * @param key file of a private key, PKCS #8
   * @throws InvalidSettings when the file has none
   */
  static byte[] sign(byte[] message, Path key, Files files) {
    try {
      PrivateKey own =
          KeyFactory.getInstance(NAME)
              .generatePrivate(new PKCS8EncodedKeySpec(pem("PRIVATE KEY", key, files)));
      Signature signature = Signature.getInstance(NAME);
      signature.initSign(own);
      signature.update(message);
      return signature.sign();
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw wrong(key, "private", "openssl genpkey -algorithm ed25519 draws one", e);
    }
  }

  /**
   * Whether a signature is that of a key.
   *
   * @param key file of a public key, X.509
   * @throws InvalidSettings when the file has none
   */
  static boolean verify(byte[] message, byte[] signature, Path key, Files files) {
    PublicKey other;
    try {
      other =
          KeyFactory.getInstance(NAME)
              .generatePublic(new X509EncodedKeySpec(pem("PUBLIC KEY", key, files)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw wrong(key, "public", "openssl pkey -in PRIVATE -pubout writes it", e);
    }
    try {
      Signature check = Signature.getInstance(NAME);
      check.initVerify(other);
      check.update(message);
      return check.verify(signature);
    } catch (GeneralSecurityException e) { // such as one of another length
      return false;
    }
  }

  private static byte[] pem(String kind, Path file, Files files) throws GeneralSecurityException {
    String text = new String(files.read(file), StandardCharsets.US_ASCII);
    Matcher block =
        Pattern.compile(
                "-----BEGIN %1$s-----(.*)-----END %1$s-----".formatted(kind), Pattern.DOTALL)
            .matcher(text);
    if (!block.find()) {
      throw new InvalidKeyException("no block of the kind " + kind);
    }
    return Base64.getMimeDecoder().decode(block.group(1));
  }

  private static InvalidSettings wrong(Path file, String kind, String remedy, Exception e) {
    return new InvalidSettings(
        "Cannot use the key in %s: it is no %s Ed25519 key in PEM; %s"
            .formatted(file, kind, remedy),
        e);
  }
}
