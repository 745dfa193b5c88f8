package com.amazonaws.cloudhsm.jce.jni;

import java.util.Objects;

/** How a user proves who it is; today by name and password. */
public final class AuthenticationStrategy {

  private final UserType userType;
  private final String userName;
  private final char[] password;

  private AuthenticationStrategy(UserType userType, String userName, char[] password) {
    this.userType = Objects.requireNonNull(userType, "userType");
    this.userName = Objects.requireNonNull(userName, "userName");
    this.password = password.clone();
  }

  /**
   * Logs in with a name and a password.
   *
   * @param userType the kind of user
   * @param userName the user's name
   * @param password the password; copied, so the caller may wipe its array
   * @return the strategy
   */
  public static AuthenticationStrategy createUsernamePasswordStrategy(
      UserType userType, String userName, char[] password) {
    return new AuthenticationStrategy(userType, userName, password);
  }

  /**
   * Returns the kind of user.
   *
   * @return the type given at creation
   */
  public UserType getUserType() {
    return userType;
  }

  /**
   * Returns the user's name.
   *
   * @return the name given at creation
   */
  public String getUserName() {
    return userName;
  }

  /**
   * Returns the password.
   *
   * @return a copy, which the caller wipes
   */
  public char[] getPassword() {
    return password.clone();
  }
}
