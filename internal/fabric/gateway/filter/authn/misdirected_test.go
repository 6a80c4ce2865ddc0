package authn_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
)

// TestACertificateCountsForTheHostOfItsConnection asks one host over a connection that
// was opened for another, as clients do that reuse them.
func TestACertificateCountsForTheHostOfItsConnection(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	authority := newAuthority(t, "acme")
	bundle, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate[0]})))
	cert := pair(t, client("spiffe://acme/ns/prod/sa/billing"), &authority)
	const mtls = `{"name": "partners", "mtls": {"authorities": %s, "allow": [{"uri": "spiffe://acme/ns/*/sa/billing"}]}}`
	w.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(`{"providers": [`+mtls+`]}`, bundle))

	ask := func(t *testing.T, sni string, two bool) (first, again *http.Response) {
		t.Helper()
		c := w.NewClient(cert)
		transport := c.Transport.(*http.Transport) //nolint:forcetypeassert // what NewClient makes
		transport.TLSClientConfig.ServerName = sni
		if !two {
			transport.ForceAttemptHTTP2, transport.TLSNextProto = false, map[string]func(string, *tls.Conn) http.RoundTripper{}
		}
		defer c.CloseIdleConnections()
		first = w.With(t, c, http.MethodGet, authntest.Host, "/").Response
		return first, w.With(t, c, http.MethodGet, authntest.Host, "/").Response
	}
	// Both hosts ask for certificates, so that the client has shown one to either.
	for _, both := range []bool{false, true} {
		if both {
			w.Put(t, authntest.Bank(), authn.KindName, fmt.Sprintf(`{"required": false, "providers": [`+mtls+`]}`, bundle))
		}
		for _, two := range []bool{false, true} {
			for sni, want := range map[string]int{authntest.Host: http.StatusOK, authntest.Other: http.StatusMisdirectedRequest} {
				first, again := ask(t, sni, two)
				if first.StatusCode != want || again.StatusCode != want || (first.ProtoMajor == 2) != two {
					t.Errorf("both %t, over %s with the name %s: %d and %d", both, first.Proto, sni, first.StatusCode, again.StatusCode)
				}
			}
		}
	}
	curl(t, w.Gateway, cert)
}

// curl asks with the name of one host in the handshake and another in the request.
func curl(t *testing.T, g *authntest.Gateway, cert tls.Certificate) {
	t.Helper()
	program, err := exec.LookPath("curl")
	if err != nil {
		t.Log("curl is not on PATH")
		return
	}
	key := marshal(t, cert)
	file := filepath.Join(t.TempDir(), "client.pem")
	if err := os.WriteFile(file, key, 0o600); err != nil {
		t.Fatal(err)
	}
	for sni, want := range map[string]string{authntest.Host: "200 200", authntest.Other: "421 421"} {
		for _, version := range []string{"--http1.1", "--http2"} {
			at := "https://" + sni + ":" + strconv.Itoa(g.Server.Port()) + "/"
			cmd := exec.CommandContext(t.Context(), program, "-sk", version, "--cert", file, "--resolve", sni+":"+strconv.Itoa(g.Server.Port())+":127.0.0.1",
				"-H", "Host: "+authntest.Host, "-o", "/dev/null", "-w", "%{http_code} ", at, "-o", "/dev/null", at)
			out, err := cmd.CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != want {
				t.Errorf("curl %s with the name %s: %s, %v; want %s", version, sni, out, err, want)
			}
		}
	}
}

// marshal writes a certificate and its key as curl reads them.
func marshal(t *testing.T, cert tls.Certificate) []byte {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
}
