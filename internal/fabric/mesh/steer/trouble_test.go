package steer_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestASidecarSaysWhyItIsNotSteered has each mistake in a configuration be told with what to do.
func TestASidecarSaysWhyItIsNotSteered(t *testing.T) {
	t.Parallel()
	p, other := newPlane(t), newPlane(t)
	api := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(api.Close)
	for want, change := range map[string]func(*sidecar.Config){
		"nobody answers as the control plane at 127.0.0.1:1: ": func(c *sidecar.Config) { c.Control = "127.0.0.1:1" },
		"is no control plane of sidecars":                      func(c *sidecar.Config) { c.Control = strings.TrimPrefix(api.URL, "http://") },
		"shows a certificate of nobody in " + other.roots:      func(c *sidecar.Config) { c.Roots = other.roots },
		"refuses the certificate of " + id("web"):              func(c *sidecar.Config) { c.Control, c.Roots = other.addr, other.roots },
	} {
		c := p.config(t, dev(), "web", application(t, "web"))
		change(&c)
		s := run(t, c)
		eventually(t, want, func() bool {
			e := s.Trouble()
			return e != nil && strings.Contains(e.Message, want) && e.Fix != ""
		})
		if s.Ready() {
			t.Errorf("%s: it is ready", want)
		}
	}
}

func TestNothingIsWrongOnceTheControlPlaneAnswers(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.stop()
	s := run(t, p.config(t, dev(), "web", application(t, "web")))
	eventually(t, "nobody answers", func() bool { return s.Trouble() != nil })
	_, port, err := net.SplitHostPort(p.addr)
	must(t, err)
	if status, said := ask(t, s, "orders", "/"); status != http.StatusServiceUnavailable || !strings.Contains(said, "nobody answers as the control plane at "+p.addr) {
		t.Errorf("before it knows what to do: %d %s", status, said)
	}
	if e := s.Trouble(); !strings.Contains(e.Message, port) || !strings.Contains(e.Fix, "--control") {
		t.Errorf("%s; %s", e.Message, e.Fix)
	}
	p.start(t)
	eventually(t, "it is steered", func() bool { return s.Ready() && s.Trouble() == nil })
}

func TestAPortThatIsTakenIsNamedAsTheSidecars(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	c := p.config(t, dev(), "web", application(t, "web"))
	c.Inbound = c.Application
	_, err := sidecar.New(t.Context(), c)
	told, ok := errors.AsType[*kernel.Error](err)
	if !ok || !strings.Contains(told.Message, "the sidecar cannot take its port: listen tcp "+c.Inbound) || !strings.Contains(told.Fix, "--inbound") {
		t.Errorf("%v", err)
	}
}
