package io.hsmbridge.engine;

/** The PKCS#11 return codes ({@code CKR_}) that the engine uses. */
public final class ReturnCodes {

  public static final long GENERAL_ERROR = 0x05;
  public static final long ARGUMENTS_BAD = 0x07;
  public static final long ATTRIBUTE_READ_ONLY = 0x10;
  public static final long ATTRIBUTE_SENSITIVE = 0x11;
  public static final long ATTRIBUTE_TYPE_INVALID = 0x12;
  public static final long ATTRIBUTE_VALUE_INVALID = 0x13;
  public static final long ACTION_PROHIBITED = 0x1B;
  public static final long DATA_INVALID = 0x20;
  public static final long DATA_LEN_RANGE = 0x21;
  /** A stored record fails its integrity check. */
  public static final long DEVICE_ERROR = 0x30;
  /** The disk is full. */
  public static final long DEVICE_MEMORY = 0x31;
  /** The connection with the daemon broke, or cannot be made. */
  public static final long DEVICE_REMOVED = 0x32;
  public static final long ENCRYPTED_DATA_INVALID = 0x40;
  public static final long ENCRYPTED_DATA_LEN_RANGE = 0x41;
  public static final long AEAD_DECRYPT_FAILED = 0x42;
  public static final long KEY_HANDLE_INVALID = 0x60;
  public static final long KEY_SIZE_RANGE = 0x62;
  public static final long KEY_TYPE_INCONSISTENT = 0x63;
  public static final long KEY_FUNCTION_NOT_PERMITTED = 0x68;
  /** WRAP_WITH_TRUSTED or a WRAP_TEMPLATE forbids it. */
  public static final long KEY_NOT_WRAPPABLE = 0x69;
  /** EXTRACTABLE is false, or clear extraction is off. */
  public static final long KEY_UNEXTRACTABLE = 0x6A;
  /** Also what FIPS mode forbids. */
  public static final long MECHANISM_INVALID = 0x70;
  public static final long MECHANISM_PARAM_INVALID = 0x71;
  public static final long OBJECT_HANDLE_INVALID = 0x82;
  public static final long PIN_INCORRECT = 0xA0;
  public static final long PIN_LOCKED = 0xA4;
  public static final long SESSION_CLOSED = 0xB0;
  /** Too many operations of this JVM, or too many connections of the daemon. */
  public static final long SESSION_COUNT = 0xB1;
  public static final long SESSION_HANDLE_INVALID = 0xB3;
  public static final long SIGNATURE_INVALID = 0xC0;
  public static final long SIGNATURE_LEN_RANGE = 0xC1;
  /** The other side's public key of a key agreement. */
  public static final long PUBLIC_KEY_INVALID = 0x1B9;
  public static final long TEMPLATE_INCOMPLETE = 0xD0;
  public static final long TEMPLATE_INCONSISTENT = 0xD1;
  /** The home cannot be read, is missing, or has another schema version. */
  public static final long TOKEN_NOT_PRESENT = 0xE0;
  public static final long WRAPPED_KEY_INVALID = 0x110;
  public static final long WRAPPED_KEY_LEN_RANGE = 0x112;
  public static final long USER_ALREADY_LOGGED_IN = 0x100;
  public static final long USER_NOT_LOGGED_IN = 0x101;
  public static final long CURVE_NOT_SUPPORTED = 0x140;
  /** Vendor-defined, after the original's 0xBB: the daemon cannot queue the request. */
  public static final long DEVICE_BUSY = 0x8000_00BBL;
  /** Vendor-defined: the operation needs approvals, and was given none. */
  public static final long QUORUM_REQUIRED = 0x8000_0101L;
  /** Vendor-defined: the approvals that were given are too few, wrong, or of no use any more. */
  public static final long QUORUM_FAILED = 0x8000_0102L;

  private ReturnCodes() {}
}
