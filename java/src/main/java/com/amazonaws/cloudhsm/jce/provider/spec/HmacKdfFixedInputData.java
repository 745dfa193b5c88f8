package com.amazonaws.cloudhsm.jce.provider.spec;

/**
 * The input data of the counter KDF with HMAC (NIST SP 800-108): each block's input is counter, label, a zero byte,
 * context, and the length of the derived key in bits. The original has no such class; its PKCS#11 library has the KDF.
 */
public class HmacKdfFixedInputData {

  private final int counterWidth;
  private final int lengthWidth;
  private final byte[] label;
  private final byte[] context;

  /**
   * Describes the input with a counter and a length of 32 bits, as most other implementations have them.
   *
   * @param label what the derived key is for; null or empty for nothing
   * @param context who it is for; null or empty for nothing
   */
  public HmacKdfFixedInputData(byte[] label, byte[] context) {
    this(Integer.SIZE, label, context, Integer.SIZE);
  }

  /**
   * Describes the input.
   *
   * @param counterWidth length of the counter in bits; the HSM takes 16 and 32, and refuses others when it derives
   * @param label what the derived key is for; null or empty for nothing
   * @param context who it is for; null or empty for nothing
   * @param lengthWidth length of the field with the derived key's length, in bits; the HSM takes 8, 16, 32 and 64
   */
  public HmacKdfFixedInputData(int counterWidth, byte[] label, byte[] context, int lengthWidth) {
    this.counterWidth = counterWidth;
    this.lengthWidth = lengthWidth;
    this.label = label == null ? new byte[0] : label.clone();
    this.context = context == null ? new byte[0] : context.clone();
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
   * Returns what the derived key is for.
   *
   * @return a copy, never null
   */
  public byte[] getLabel() {
    return label.clone();
  }

  /**
   * Returns who the derived key is for.
   *
   * @return a copy, never null
   */
  public byte[] getContext() {
    return context.clone();
  }

  /**
   * Returns the length of the field with the derived key's length.
   *
   * @return bits
   */
  public int getLengthWidth() {
    return lengthWidth;
  }
}
