package local_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

// TestServersSpeakTLS asks with the clients of Redis and MariaDB, which hold the
// certificate against the authority.
func TestServersSpeakTLS(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"redis-server", "redis-cli", "mariadb-install-db", "mariadb"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	a := startAged(t)
	issued := time.Now().Add(-pki.DefaultLeafLife * 5 / 6) // the first certificate is old already
	authority, err := pki.Own(pki.Options{Clock: func() time.Time { return issued }})
	if err != nil {
		t.Fatal(err)
	}
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, authority.RootPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a.config.Certificates, a.config.CAFile, a.config.CredentialLife = authority, roots, 0
	a.Target = localtest.Start(t, a.config)
	a.offered(t, &issued)
	a.required(t)
}

// secureRedis asks a cache over TLS at a port, and returns the answer.
func secureRedis(o local.Object, password, port string) string {
	c := exec.Command("redis-cli", "-h", "127.0.0.1", "-p", fmt.Sprint(o.Outputs[port]), "--tls", "--cacert", o.Outputs["ca_file"].(string), "--no-auth-warning", "-a", password, "PING")
	out, _ := c.CombinedOutput()
	return strings.TrimSpace(string(out))
}

func (a aged) offered(t *testing.T, issued *time.Time) {
	t.Helper()
	cache := mustPut(t, a.Target, local.Caches, "sessions", object{})
	secret := password(t, a.Target, cache)
	if plain, secure := redisCLI(cache, secret), secureRedis(cache, secret, "tls_port"); plain != "PONG" || secure != "PONG" {
		t.Errorf("in the clear %q, with TLS %q", plain, secure)
	}
	base := mustPut(t, a.Target, local.MySQLDatabases, "orders-db", object{})
	secret = password(t, a.Target, base)
	const cipher = "SELECT variable_value <> '' FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'"
	verified := []string{"--ssl-verify-server-cert", "--ssl-ca=" + base.Outputs["ca_file"].(string)}
	if got := mariadbCLI(base, secret, cipher, verified...); got != "1" {
		t.Errorf("with TLS the database answers %q", got)
	}
	const end = "SHOW STATUS LIKE 'Ssl_server_not_after'"
	before, ofCache := mariadbCLI(base, secret, end, verified...), ending(t, cache)
	*issued = time.Now()
	if err := a.TendCredentials(context.Background()); err != nil {
		t.Fatal(err)
	}
	if after := mariadbCLI(base, secret, end, verified...); after == before || !strings.Contains(after, "GMT") {
		t.Errorf("the database shows a certificate until %q after its renewal, before it until %q", after, before)
	}
	if after := ending(t, cache); !after.After(ofCache) {
		t.Errorf("the cache shows a certificate until %s after its renewal, before it until %s", after, ofCache)
	}
}

// ending is when the certificate ends that a cache shows.
func ending(t *testing.T, cache local.Object) time.Time {
	t.Helper()
	pem, err := os.ReadFile(cache.Outputs["ca_file"].(string))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	d := tls.Dialer{Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	conn, err := d.DialContext(context.Background(), "tcp", fmt.Sprintf("127.0.0.1:%v", cache.Outputs["tls_port"]))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].NotAfter
}

func (a aged) required(t *testing.T) {
	t.Helper()
	cache := mustPut(t, a.Target, local.Caches, "sessions", object{"tls": "required"})
	secret := password(t, a.Target, cache)
	if cache.Outputs["port"] != cache.Outputs["tls_port"] {
		t.Errorf("it listens in the clear, too: %v", cache.Outputs)
	}
	if plain, secure := redisCLI(cache, secret), secureRedis(cache, secret, "port"); plain == "PONG" || secure != "PONG" {
		t.Errorf("in the clear %q, with TLS %q", plain, secure)
	}
	base := mustPut(t, a.Target, local.MySQLDatabases, "orders-db", object{"tls": "required"})
	secret = password(t, a.Target, base)
	if got := mariadbCLI(base, secret, "SELECT 1", "--skip-ssl"); got == "1" {
		t.Error("the database answers in the clear")
	}
	if got := mariadbCLI(base, secret, "SELECT 1", "--ssl", "--ssl-ca="+base.Outputs["ca_file"].(string)); got != "1" {
		t.Errorf("with TLS the database answers %q", got)
	}
}
