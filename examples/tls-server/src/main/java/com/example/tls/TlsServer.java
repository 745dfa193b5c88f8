package com.example.tls;

import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import jakarta.servlet.http.HttpServletRequest;
import java.security.Security;
import java.security.cert.X509Certificate;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A Spring Boot service whose TLS key is in the HSM; all about that is in application.properties. */
@SpringBootApplication
@RestController
public class TlsServer {
  /**
   * Runs.
   *
   * @param args Spring Boot's own
   */
  public static void main(String[] args) throws Exception {
    // Before Spring looks for a keystore of the type CloudHSM. Behind all others, as the original wants it.
    Security.addProvider(new CloudHsmProvider());
    SpringApplication.run(TlsServer.class, args);
  }

  /**
   * Tells how the request came.
   *
   * @param request the request
   * @return the protocol, and who the client is
   */
  @GetMapping("/")
  public String hello(HttpServletRequest request) {
    X509Certificate[] chain =
        (X509Certificate[]) request.getAttribute("jakarta.servlet.request.X509Certificate");
    String client = chain == null ? "nobody known" : chain[0].getSubjectX500Principal().getName();
    return "hello, " + client + ", over " + request.getAttribute("org.apache.tomcat.util.net.secure_protocol_version")
        + "\n";
  }
}
