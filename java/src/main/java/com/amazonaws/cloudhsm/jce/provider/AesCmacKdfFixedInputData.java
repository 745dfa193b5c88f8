package com.amazonaws.cloudhsm.jce.provider;

/**
 * The fixed input data of the counter KDF with AES-CMAC (NIST SP 800-108): each block's input is prefix, counter,
 * suffix. The HSM adds the counter only; label, context and length are the caller's to encode.
 */
public class AesCmacKdfFixedInputData {

  private final int counterWidth;
  private final byte[] prefix;
  private final byte[] suffix;

  /**
   * Describes the input.
   *
   * @param counterWidth length of the counter in bits; the HSM takes 8, 16, 24 and 32, and refuses others when it
   *     derives
   * @param prefix what stands before the counter; null or empty for nothing
   * @param suffix what stands behind the counter; null or empty for nothing
   */
  public AesCmacKdfFixedInputData(int counterWidth, byte[] prefix, byte[] suffix) {
    this.counterWidth = counterWidth;
    this.prefix = prefix == null ? new byte[0] : prefix.clone();
    this.suffix = suffix == null ? new byte[0] : suffix.clone();
  }

  /**
   * Returns the length of the counter.
   *
   * @return bits
   */
  public int getCounterWidth() {
    return counterWidth;
  }

  /**
   * Returns what stands before the counter.
   *
   * @return a copy, never null
   */
  public byte[] getPrefix() {
    return prefix.clone();
  }

  /**
   * Returns what stands behind the counter.
   *
   * @return a copy, never null
   */
  public byte[] getSuffix() {
    return suffix.clone();
  }
}
