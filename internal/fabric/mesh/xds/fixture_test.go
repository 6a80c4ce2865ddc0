package xds_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	xdscredentials "google.golang.org/grpc/credentials/xds"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	grpcxds "google.golang.org/grpc/xds"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds/bootstrap"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkitest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const patience = 20 * time.Second

func dev(tenant string) kernel.Scope {
	return kernel.Scope{Tenant: tenant, Project: "shop", Stage: "dev"}
}

// world is what the server is told of stages: tables, and where services answer. Both are
// replaced as those are that it stands for.
type world struct {
	mu       sync.Mutex
	policies map[kernel.Scope][]mesh.Policy
	addrs    map[kernel.Scope]map[string]map[string]string
	// next takes over from each service that is answered, with a share of weight.
	next    string
	weight  int
	changed chan struct{}
}

func (w *world) change(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *world) Turned() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}
func (w *world) Moved() <-chan struct{} { return w.Turned() }

func (w *world) Table(scope kernel.Scope) *mesh.Table {
	w.mu.Lock()
	defer w.mu.Unlock()
	return mesh.NewTable(scope, "localhost", w.policies[scope])
}

func (w *world) ServiceNames(scope kernel.Scope) (names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range w.addrs[scope] {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (w *world) Ports(scope kernel.Scope, service string) (names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range w.addrs[scope][service] {
		names = append(names, name)
	}
	return names
}

func (w *world) Upstream(scope kernel.Scope, service, port string) (addr, release string, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	addr, ok = w.addrs[scope][service][port]
	return addr, "one", ok
}

func (w *world) Shared(kernel.Scope, string, string) (addr, release string, weight int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next, "two", w.weight
}

// say has documents be in force on a stage.
func (w *world) say(t *testing.T, scope kernel.Scope, documents string) {
	t.Helper()
	docs, err := meshdoc.Read(meshdoc.File{Name: "mesh.yaml", Source: documents})
	if err != nil {
		t.Fatal(err)
	}
	var policies []mesh.Policy
	for _, d := range docs {
		policies = append(policies, mesh.Policy{Scope: scope, Kind: d.Kind, Name: d.Name, Spec: d.Spec})
	}
	w.change(func() { w.policies[scope] = policies })
}

// answer has the port 50051, called grpc, of a service be answered at an address.
func (w *world) answer(scope kernel.Scope, service, addr string) {
	w.change(func() {
		if w.addrs[scope] == nil {
			w.addrs[scope] = map[string]map[string]string{}
		}
		w.addrs[scope][service] = map[string]string{"grpc": addr, "50051": addr, "": addr}
	})
}

// fixture is a server, with an authority of its own.
type fixture struct {
	*world

	pki     *pki.Service
	server  *xds.Server
	metrics *prometheus.Registry
	beside  *beside.Sidecars
	// at is when it is for the server; nil is now.
	at atomic.Pointer[time.Time]
}

// stand has the server's clock stand.
func (f *fixture) stand(at time.Time) { f.at.Store(&at) }

func (f *fixture) clock() time.Time {
	if at := f.at.Load(); at != nil {
		return *at
	}
	return time.Now()
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{metrics: prometheus.NewRegistry(), beside: beside.New(), world: &world{policies: map[kernel.Scope][]mesh.Policy{}, addrs: map[kernel.Scope]map[string]map[string]string{}, changed: make(chan struct{})}}
	f.pki = pkitest.Start(t, pki.Options{Zones: []string{"localhost"}})
	var err error
	f.server, err = xds.Listen(t.Context(), "127.0.0.1:0", xds.Config{
		Tables: f.world, Instances: f.world, Trust: f.pki.Workloads(), Beside: f.beside, Log: slog.New(slog.DiscardHandler), Clock: f.clock,
		Certificate: f.pki.Authority().GetCertificate, Registerer: f.metrics,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- f.server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := f.server.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// svid is the certificate of a workload, which is a client and a server, in files.
type svid struct {
	bootstrap.Identity

	// ca has who signs for the server.
	ca string
}

func (f *fixture) svid(t *testing.T, scope kernel.Scope, workload string) svid {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := f.pki.Issue(t.Context(), pki.Order{
		Holder: pki.Holder{Kind: pki.HolderWorkload, Scope: scope, Name: workload}, PublicKey: key.Public(), Profile: pki.ProfilePeer, Life: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := svid{bootstrap.Within(dir), filepath.Join(dir, "root.pem")}
	write(t, s.Certificate, "CERTIFICATE", issued.Leaf.Raw)
	write(t, s.Key, "PRIVATE KEY", der)
	write(t, s.Bundle, "CERTIFICATE", f.pki.Workloads().Authorities()[0].Raw)
	if err := os.WriteFile(s.ca, f.pki.Authority().RootPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// bootstrap is what a process of a workload is started with; node is what it calls itself.
func (f *fixture) bootstrap(t *testing.T, s svid, node string) []byte {
	t.Helper()
	_, port, err := net.SplitHostPort(f.server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(bootstrap.New("localhost:"+port, s.ca, node, s.Identity))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// client calls a name as a workload.
func (f *fixture) client(t *testing.T, scope kernel.Scope, workload, name string) grpc_health_v1.HealthClient {
	t.Helper()
	resolver, err := grpcxds.NewXDSResolverWithConfigForTesting(f.bootstrap(t, f.svid(t, scope, workload), workload+".of."+scope.Tenant))
	if err != nil {
		t.Fatal(err)
	}
	secured, err := xdscredentials.NewClientCredentials(xdscredentials.ClientOptions{FallbackCreds: insecure.NewCredentials()})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient("xds:///"+name, grpc.WithResolvers(resolver), grpc.WithTransportCredentials(secured))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return grpc_health_v1.NewHealthClient(conn)
}

// instance is a server of gRPC that counts calls.
type instance struct {
	grpc_health_v1.UnimplementedHealthServer

	addr  string
	calls atomic.Int64
	// failing is how many calls still fail.
	failing atomic.Int64
	stop    func()
}

// Check answers; for "never" it waits for the caller to give up.
func (i *instance) Check(ctx context.Context, req *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	i.calls.Add(1)
	if req.GetService() == "never" {
		<-ctx.Done()
	}
	if i.failing.Add(-1) >= 0 {
		return nil, status.Error(codes.Unavailable, "not now")
	}
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
}

// List is the other method.
func (i *instance) List(context.Context, *grpc_health_v1.HealthListRequest) (*grpc_health_v1.HealthListResponse, error) {
	i.calls.Add(1)
	return &grpc_health_v1.HealthListResponse{}, nil
}

// serves starts an instance of a service that speaks in the clear, and knows nothing of the mesh.
func (f *fixture) serves(t *testing.T, scope kernel.Scope, service string) *instance {
	t.Helper()
	i := &instance{}
	server := grpc.NewServer()
	i.serve(t, server, server)
	f.answer(scope, service, i.addr)
	return i
}

// proves starts an instance of a service that asks the mesh who may call it, and shows the SVID
// of a workload.
func (f *fixture) proves(t *testing.T, scope kernel.Scope, service, shown string) *instance {
	t.Helper()
	secured, err := xdscredentials.NewServerCredentials(xdscredentials.ServerOptions{FallbackCreds: insecure.NewCredentials()})
	if err != nil {
		t.Fatal(err)
	}
	server, err := grpcxds.NewGRPCServer(grpc.Creds(secured), grpcxds.BootstrapContentsForTesting(f.bootstrap(t, f.svid(t, scope, shown), shown)))
	if err != nil {
		t.Fatal(err)
	}
	i := &instance{}
	i.serve(t, server, server)
	f.answer(scope, service, i.addr)
	return i
}

func (i *instance) serve(t *testing.T, to grpc.ServiceRegistrar, server interface {
	Serve(l net.Listener) error
	Stop()
	GracefulStop()
},
) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i.addr, i.stop = l.Addr().String(), server.GracefulStop
	grpc_health_v1.RegisterHealthServer(to, i)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		server.Stop()
		<-done
	})
}

// check calls once.
func check(t *testing.T, c grpc_health_v1.HealthClient, service string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := c.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: service}, grpc.WaitForReady(true))
	return err
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s has not come", what)
		}
	}
}
