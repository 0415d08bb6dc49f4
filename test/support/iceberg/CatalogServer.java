import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.logging.Logger;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.rest.RESTCatalogAdapter;
import org.apache.iceberg.rest.RESTCatalogServlet;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;

/**
 * Apache's REST catalog for tests, on the loopback address. Any name is a warehouse of its own,
 * and its prefix. Each request is one transaction of the database behind the catalog: the adapter
 * alone would commit the tables of a multi-table commit one by one.
 *
 * <p>Arguments: port, JDBC URL, S3 endpoint, bucket. CATALOG_TOKEN: the only token
 * that is accepted.
 */
public class CatalogServer {
  private static final String ONE = "jdbc:one:";
  private static Connection connection;

  /** Gives every client the same connection, whose transactions end with the request. */
  private static class OneConnection implements Driver {
    private static final Set<String> IGNORED =
        Set.of("commit", "rollback", "setAutoCommit", "close");

    @Override
    public Connection connect(String url, Properties info) throws SQLException {
      if (!acceptsURL(url)) {
        return null;
      }
      if (connection == null) {
        connection = DriverManager.getConnection(url.substring(ONE.length()), info);
        connection.setAutoCommit(false);
      }
      return (Connection)
          Proxy.newProxyInstance(
              CatalogServer.class.getClassLoader(),
              new Class<?>[] {Connection.class},
              (proxy, method, args) -> {
                if (IGNORED.contains(method.getName())) {
                  return null;
                }
                try {
                  return method.invoke(connection, args);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }

    @Override
    public boolean acceptsURL(String url) {
      return url.startsWith(ONE);
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
      return new DriverPropertyInfo[0];
    }

    @Override
    public int getMajorVersion() {
      return 1;
    }

    @Override
    public int getMinorVersion() {
      return 0;
    }

    @Override
    public boolean jdbcCompliant() {
      return false;
    }

    @Override
    public Logger getParentLogger() {
      return null;
    }
  }

  /** Takes the warehouse out of the path, and commits or rolls back after each request. */
  private static class Warehouses extends HttpServlet {
    private final Map<String, HttpServlet> servlets = new HashMap<>();
    private final String[] args;
    private final String token = System.getenv("CATALOG_TOKEN");

    Warehouses(String[] args) {
      this.args = args;
    }

    private HttpServlet servletFor(String warehouse) throws ServletException {
      HttpServlet known = servlets.get(warehouse);
      if (known != null) {
        return known;
      }
      Map<String, String> properties =
          Map.ofEntries(
              Map.entry("catalog-impl", "org.apache.iceberg.jdbc.JdbcCatalog"),
              Map.entry("uri", ONE + args[1]),
              Map.entry("clients", "1"),
              Map.entry("jdbc.schema-version", "V1"),
              Map.entry("warehouse", "s3://" + args[3] + "/" + warehouse),
              Map.entry("io-impl", "org.apache.iceberg.aws.s3.S3FileIO"),
              Map.entry("s3.endpoint", args[2]),
              Map.entry("s3.path-style-access", "true"),
              Map.entry("s3.access-key-id", "test"),
              Map.entry("s3.secret-access-key", "test"),
              Map.entry("client.region", "us-east-1"));
      var catalog = CatalogUtil.buildIcebergCatalog(warehouse, properties, null);
      HttpServlet servlet = new RESTCatalogServlet(new RESTCatalogAdapter(catalog));
      servlet.init(getServletConfig());
      servlets.put(warehouse, servlet);
      return servlet;
    }

    @Override
    protected synchronized void service(HttpServletRequest request, HttpServletResponse response)
        throws ServletException, IOException {
      String uri = request.getRequestURI();
      if (token != null && uri.endsWith("/oauth/tokens")) {
        login(request, response);
        return;
      }
      if (token != null && !("Bearer " + token).equals(request.getHeader("Authorization"))) {
        response.setStatus(401);
        response.setContentType("application/json");
        String type = "\"type\":\"NotAuthorizedException\",\"code\":401";
        response.getWriter().write("{\"error\":{\"message\":\"not authorized\"," + type + "}}");
        return;
      }
      try {
        if (uri.equals("/v1/config")) {
          config(request, response);
        } else {
          String[] parts = uri.split("/", 4);
          String path = "/v1/" + parts[3];
          var stripped =
              new HttpServletRequestWrapper(request) {
                @Override
                public String getRequestURI() {
                  return path;
                }
              };
          String body = captured(parts[2], stripped, response);
          boolean isTable = body.startsWith("{\"metadata") && body.endsWith("}");
          if (isTable && request.getHeader("X-Iceberg-Access-Delegation") != null) {
            body = body.substring(0, body.length() - 1) + ",\"config\":" + keys() + "}";
          }
          response.getWriter().write(body);
        }
        if (connection != null && response.getStatus() < 400) {
          connection.commit();
        } else if (connection != null) {
          connection.rollback();
        }
      } catch (SQLException e) {
        throw new ServletException(e);
      }
    }

    /** Gives the token to the client "id" with the secret "secret". */
    private void login(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      String basic = Base64.getEncoder().encodeToString("id:secret".getBytes());
      boolean isKnown = ("Basic " + basic).equals(request.getHeader("Authorization"));
      response.setStatus(isKnown ? 200 : 401);
      response.setContentType("application/json");
      String body = "{\"access_token\":\"" + token + "\",\"token_type\":\"bearer\",\"expires_in\":3600}";
      response.getWriter().write(isKnown ? body : "{\"error\":\"invalid_client\"}");
    }

    /** Answers the request, and returns the body instead of sending it. */
    private String captured(
        String warehouse, HttpServletRequest request, HttpServletResponse response)
        throws ServletException, IOException {
      StringWriter text = new StringWriter();
      var wrapper =
          new HttpServletResponseWrapper(response) {
            @Override
            public PrintWriter getWriter() {
              return new PrintWriter(text, true);
            }

            @Override
            public void setStatus(int status) {
              // After an error, the servlet sets 500 too, but too late for a response that is sent.
              if (text.getBuffer().length() == 0) {
                super.setStatus(status);
              }
            }
          };
      servletFor(warehouse).service((ServletRequest) request, wrapper);
      return text.toString();
    }

    /** What the catalog vends to those who ask for it. */
    private String keys() {
      return "{\"s3.access-key-id\":\"test\",\"s3.secret-access-key\":\"test\","
          + "\"s3.path-style-access\":\"true\",\"client.region\":\"us-east-1\","
          + "\"s3.endpoint\":\"" + args[2] + "\"}";
    }

    private void config(HttpServletRequest request, HttpServletResponse response)
        throws ServletException, IOException {
      String warehouse = request.getParameter("warehouse");
      String body = captured(warehouse, request, response);
      body = body.replace("\"overrides\":{}", "\"overrides\":{\"prefix\":\"" + warehouse + "\"}");
      response.getWriter().write(body);
    }
  }

  public static void main(String[] args) throws Exception {
    DriverManager.registerDriver(new OneConnection());
    var context = new ServletContextHandler(ServletContextHandler.NO_SESSIONS);
    context.addServlet(new ServletHolder(new Warehouses(args)), "/*");
    var server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])));
    server.setHandler(context);
    server.start();
  }
}
