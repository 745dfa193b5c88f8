package io.hsmbridge.engine;

/** The PKCS#11 mechanism numbers ({@code CKM_}) that the provider asks for. */
public final class Mechanisms {

  public static final long RSA_PKCS_KEY_PAIR_GEN = 0x0000;
  public static final long RSA_PKCS = 0x0001;
  public static final long EC_KEY_PAIR_GEN = 0x1040;
  public static final long ECDSA = 0x1041;
  public static final long AES_KEY_GEN = 0x1080;

  private Mechanisms() {}
}
