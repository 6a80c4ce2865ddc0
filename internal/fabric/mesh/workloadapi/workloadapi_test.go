package workloadapi_test

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	spiffe "github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

func source(t *testing.T, p *plane) *spiffe.X509Source {
	t.Helper()
	s, err := spiffe.NewX509Source(t.Context(), spiffe.WithClientOptions(p.at()))
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func current(t *testing.T, s *spiffe.X509Source) *x509svid.SVID {
	t.Helper()
	svid, err := s.GetX509SVID()
	must(t, err)
	return svid
}

func TestAnSVIDIsRenewedAtTwoThirdsOfItsLife(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	s := source(t, p)
	first := current(t, s)
	bundle, err := s.GetX509BundleForTrustDomain(spiffeid.RequireTrustDomainFromString("localhost"))
	must(t, err)
	if _, _, err := x509svid.Verify(first.Certificates, bundle); err != nil || first.ID.String() != idOf("web") {
		t.Errorf("%s: %v", first.ID, err)
	}
	p.ahead.Store(int64(15 * time.Hour))
	p.round(t)
	if current(t, s).Certificates[0].SerialNumber.Cmp(first.Certificates[0].SerialNumber) != 0 {
		t.Error("it is renewed early")
	}
	p.ahead.Store(int64(17 * time.Hour))
	p.round(t)
	eventually(t, "another SVID", func() bool {
		return current(t, s).Certificates[0].SerialNumber.Cmp(first.Certificates[0].SerialNumber) != 0
	})
	e, err := p.pki.Certificate(t.Context(), current(t, s).Certificates[0].SerialNumber.Text(16))
	if err != nil || e.Holder.Name != "web" || e.Profile != pki.ProfilePeer || e.Told == 0 {
		t.Errorf("the inventory has %+v: %v", e, err)
	}
	if all := p.Standings(named("web").Scope); len(all) != 1 || all[0].ID != idOf("web") || all[0].Watchers != 1 {
		t.Errorf("%+v", all)
	}
}

func TestARevokedSVIDIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	s := source(t, p)
	first := current(t, s).Certificates[0].SerialNumber
	_, err := p.pki.Withdraw(operator(t.Context()), "acme", first.Text(16), pki.KeyCompromise, "lost")
	must(t, err)
	p.round(t)
	eventually(t, "another SVID", func() bool { return current(t, s).Certificates[0].SerialNumber.Cmp(first) != 0 })
	lists, err := p.pki.WorkloadRevocations(t.Context())
	must(t, err)
	got := fetch(t, p)
	if len(lists) != 1 || len(got.GetCrl()) != 1 || !strings.Contains(string(got.GetCrl()[0]), string(first.Bytes())) {
		t.Errorf("the lists do not have it: %d, %d", len(lists), len(got.GetCrl()))
	}
}

func TestAnotherAuthorityIsToldOfBeforeItSigns(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	s := source(t, p)
	first := current(t, s)
	domain := spiffeid.RequireTrustDomainFromString("localhost")
	_, err := p.pki.Rotate(operator(t.Context()), pki.Rotation{Workloads: true})
	must(t, err)
	p.round(t)
	eventually(t, "a bundle with both", func() bool {
		b, err := s.GetX509BundleForTrustDomain(domain)
		return err == nil && len(subjects(b.X509Authorities())) == 2
	})
	if current(t, s).Certificates[0].SerialNumber.Cmp(first.Certificates[0].SerialNumber) != 0 {
		t.Error("an SVID that holds is renewed")
	}
	_, err = p.pki.Rotate(operator(t.Context()), pki.Rotation{Workloads: true, Distrust: true})
	must(t, err)
	p.round(t)
	eventually(t, "an SVID of the last", func() bool {
		b, err := s.GetX509BundleForTrustDomain(domain)
		if err != nil || len(b.X509Authorities()) != 1 {
			return false
		}
		_, _, err = x509svid.Verify(current(t, s).Certificates, b)
		return err == nil
	})
}

func TestAJWTSVIDIsForItsAudience(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	c, err := spiffe.New(t.Context(), p.at())
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	made, err := c.FetchJWTSVID(t.Context(), jwtsvid.Params{Audience: "orders", ExtraAudiences: []string{"stock"}})
	must(t, err)
	if made.ID.String() != idOf("web") || time.Until(made.Expiry) > 5*time.Minute {
		t.Errorf("%s until %s", made.ID, made.Expiry)
	}
	bundles, err := c.FetchJWTBundles(t.Context())
	must(t, err)
	if _, err := jwtsvid.ParseAndValidate(made.Marshal(), bundles, []string{"stock"}); err != nil {
		t.Error(err)
	}
	if valid, err := c.ValidateJWTSVID(t.Context(), made.Marshal(), "orders"); err != nil || valid.ID != made.ID {
		t.Error(valid, err)
	}
	if _, err := c.ValidateJWTSVID(t.Context(), made.Marshal(), "others"); status.Code(err) != codes.InvalidArgument {
		t.Error(err)
	}
	if _, err := c.FetchJWTSVID(t.Context(), jwtsvid.Params{Audience: "orders", Subject: spiffeid.RequireFromString(idOf("orders"))}); status.Code(err) != codes.PermissionDenied {
		t.Error(err)
	}
	p.ahead.Store(int64(25 * time.Hour))
	p.round(t)
	after, err := c.FetchJWTBundles(t.Context())
	must(t, err)
	b, ok := after.Get(spiffeid.RequireTrustDomainFromString("localhost"))
	if !ok || len(b.JWTAuthorities()) != 2 {
		t.Fatal("the key of before is gone, or there is no other")
	}
}

func client(t *testing.T, p *plane) workload.SpiffeWorkloadAPIClient {
	t.Helper()
	conn, err := grpc.NewClient("unix://"+p.socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return workload.NewSpiffeWorkloadAPIClient(conn)
}

func fetch(t *testing.T, p *plane) *workload.X509SVIDResponse {
	t.Helper()
	stream, err := client(t, p).FetchX509SVID(metadata.AppendToOutgoingContext(t.Context(), "workload.spiffe.io", "true"), &workload.X509SVIDRequest{})
	must(t, err)
	r, err := stream.Recv()
	must(t, err)
	return r
}

func TestACallWithoutTheHeaderIsRefused(t *testing.T) {
	t.Parallel()
	c := client(t, start(t, nil))
	stream, err := c.FetchX509SVID(t.Context(), &workload.X509SVIDRequest{})
	must(t, err)
	if _, err := stream.Recv(); status.Code(err) != codes.InvalidArgument {
		t.Error(err)
	}
	if _, err := c.FetchJWTSVID(metadata.AppendToOutgoingContext(t.Context(), "workload.spiffe.io", "yes"), &workload.JWTSVIDRequest{Audience: []string{"a"}}); status.Code(err) != codes.InvalidArgument {
		t.Error(err)
	}
}

// TestAConnectionIsNobodyElses has the number of a process become another workload's.
func TestAConnectionIsNobodyElses(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	stream, err := client(t, p).FetchX509SVID(metadata.AppendToOutgoingContext(t.Context(), "workload.spiffe.io", "true"), &workload.X509SVIDRequest{})
	must(t, err)
	_, err = stream.Recv()
	must(t, err)
	p.own.are("orders")
	p.ahead.Store(int64(17 * time.Hour))
	p.round(t)
	if r, err := stream.Recv(); status.Code(err) != codes.PermissionDenied {
		t.Error(r, err)
	}
}

// launched tells whose processes are by who has launched them.
type launched struct{ *process.Launcher }

func (l launched) Workload(pid int) (kernel.Scope, string, bool) {
	owner, _ := l.Owner(pid)
	w, ok := owner.(pki.Workload)
	return w.Scope, w.Name, ok
}

// TestAProcessIsToldOnlyWhoItIs starts real processes: those of workloads, children of them,
// one that has joined the group of another's, and one that nobody has started.
func TestAProcessIsToldOnlyWhoItIs(t *testing.T) {
	t.Parallel()
	l, err := process.NewLauncher("test")
	must(t, err)
	t.Cleanup(l.Close)
	p := start(t, launched{l})
	self, err := os.Executable()
	must(t, err)
	resting, err := l.Start(process.Spec{Path: "sleep", Args: []string{"1000"}, Env: []string{"PATH=" + os.Getenv("PATH")}, Owner: named("orders")})
	must(t, err)
	t.Cleanup(func() { resting.Stop(context.Background(), time.Second) })
	run := func(owner any, path string, args []string, more ...string) string {
		var out said
		c, err := l.Start(process.Spec{Path: path, Args: args, Env: append(more, asked+"="+p.socket, "PATH="+os.Getenv("PATH")), Output: &out, Owner: owner})
		must(t, err)
		<-c.Done()
		return out.String()
	}
	if got := run(named("web"), self, nil); got != idOf("web") {
		t.Error(got)
	}
	if got := run(named("orders"), self, nil); got != idOf("orders") {
		t.Error(got)
	}
	if got := run(named("web"), "sh", []string{"-c", self + " & wait"}); got != idOf("web") {
		t.Errorf("a child: %s", got)
	}
	if got := run(named("web"), self, nil, "JOIN="+strconv.Itoa(resting.PID())); got != idOf("web") {
		t.Errorf("in the group of orders: %s", got)
	}
	if got := run(nil, self, nil, "JOIN="+strconv.Itoa(resting.PID())); !strings.Contains(got, "PermissionDenied") {
		t.Errorf("of no workload: %s", got)
	}
	stranger := exec.CommandContext(t.Context(), self)
	stranger.Env = []string{asked + "=" + p.socket}
	if out, _ := stranger.CombinedOutput(); !strings.Contains(string(out), "PermissionDenied") {
		t.Errorf("a stranger: %s", out)
	}
}
