package runverify_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runverify"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		release string
		status  int
		want    int
		failing int32 // attempts before the answer is right
		passed  bool
		message string
	}{
		"the right release":        {release: "rel_new", status: 204, passed: true, message: "status 204 from release rel_new"},
		"ready after a while":      {release: "rel_new", status: 200, failing: 2, passed: true},
		"an older release answers": {release: "rel_old", status: 200, message: "release rel_old answered, want rel_new"},
		"no release is named":      {status: 200, message: "names no release"},
		"not found":                {release: "rel_new", status: 404, message: "status 404, want 2xx"},
		"a redirect is no success": {release: "rel_new", status: 302, message: "status 302, want 2xx"},
		"another status is wanted": {release: "rel_new", status: 401, want: 401, passed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Host != "example.com:7443" || r.URL.Path != "/healthz" {
					t.Errorf("asked for %s%s", r.Host, r.URL.Path)
				}
				if asked.Add(1) <= tc.failing {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				if tc.release != "" {
					w.Header().Set(runverify.ReleaseHeader, tc.release)
				}
				w.WriteHeader(tc.status)
			}))
			defer server.Close()
			roots := x509.NewCertPool()
			roots.AddCert(server.Certificate())
			v := runverify.NewHTTP(server.Listener.Addr().String(), &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})
			got := v.Verify(context.Background(), run.CheckInput{
				URL: "https://example.com:7443/healthz", Own: true, Release: "rel_new",
				Check: stage.Check{Name: "answers", HTTP: &stage.HTTPCheck{Status: tc.want, Timeout: timeout(tc.passed)}},
			})
			if got.Passed != tc.passed || !strings.Contains(got.Message, tc.message) {
				t.Errorf("%+v, want passed %v, %q", got, tc.passed, tc.message)
			}
			if tc.passed && got.Attempts != int(tc.failing)+1 {
				t.Errorf("%d attempts", got.Attempts)
			}
		})
	}
}

func timeout(passes bool) time.Duration {
	if passes {
		return 20 * time.Second
	}
	return 2 * time.Second
}

func TestAForeignCertificateIsNoAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	v := runverify.NewHTTP(server.Listener.Addr().String(), &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12})
	got := v.Verify(context.Background(), run.CheckInput{
		URL: "https://example.com/", Own: true, Check: stage.Check{HTTP: &stage.HTTPCheck{Timeout: timeout(false)}},
	})
	if got.Passed || !strings.Contains(got.Message, "certificate") {
		t.Errorf("%+v", got)
	}
}

func TestVerifyAsksOthersDirectly(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		release string
		passed  bool
		message string
	}{
		"no release is named":  {"", true, "names no release"},
		"another release":      {"rel_old", false, "release rel_old answered"},
		"the release is named": {"rel_new", true, "from release rel_new"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tc.release != "" {
					w.Header().Set(runverify.ReleaseHeader, tc.release)
				}
			}))
			defer server.Close()
			got := runverify.NewHTTP("127.0.0.1:1", &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}).Verify(context.Background(), run.CheckInput{
				URL: server.URL, Release: "rel_new", Check: stage.Check{HTTP: &stage.HTTPCheck{Timeout: timeout(tc.passed)}},
			})
			if got.Passed != tc.passed || !strings.Contains(got.Message, tc.message) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestVerifyAsksNoMachineWhoItIs: a route is what a module says that it is.
func TestVerifyAsksNoMachineWhoItIs(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"http://169.254.169.254/latest/meta-data", "http://[::ffff:169.254.169.254]/", "http://168.63.129.16/", "http://[fe80::1]/", "http://[fd00:ec2::254]/"} {
		got := runverify.NewHTTP("127.0.0.1:1", &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}).Verify(t.Context(), run.CheckInput{URL: at, Check: stage.Check{HTTP: &stage.HTTPCheck{Timeout: 50 * time.Millisecond}}})
		if got.Passed || !strings.Contains(got.Message, "tells this machine who it is") {
			t.Errorf("%s: %+v", at, got)
		}
	}
}

func TestVerifyReadsTheAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("ready for " + r.Header.Get("X-Tenant")))
	}))
	defer server.Close()
	for contains, passed := range map[string]bool{"ready for acme": true, "ready for nobody": false} {
		c, _ := checks(t)
		got := c.Verify(t.Context(), run.CheckInput{URL: server.URL, Check: stage.Check{
			HTTP: &stage.HTTPCheck{Contains: contains, Headers: map[string]string{"X-Tenant": "acme"}, Timeout: timeout(passed)},
		}})
		if got.Passed != passed || !passed && !strings.Contains(got.Message, `does not contain "ready for nobody"`) {
			t.Errorf("%+v", got)
		}
	}
}
