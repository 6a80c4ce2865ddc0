package steer_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph/graphsql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/workloadapi"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// caller is a workload that speaks to the control plane itself.
type caller struct {
	plane *plane
	svid  *tls.Certificate
}

func (p *plane) caller(t *testing.T, name string) *caller {
	t.Helper()
	api, err := workloadapi.New(workloadapi.Config{Issuer: p.pki, Trust: p.pki.Workloads(), Processes: always{dev(), name}, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	svid, err := api.SVID(t.Context(), pki.Workload{Scope: dev(), Name: name})
	must(t, err)
	return &caller{p, svid}
}

// dial opens a connection.
func (c *caller) dial(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(c.plane.addr, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: c.plane.pki.Authority().Pool(), Certificates: []tls.Certificate{*c.svid}})))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// follow opens a stream, and returns how it has begun.
func follow(ctx context.Context, conn *grpc.ClientConn) error {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/"+sidecar.ControlService+"/"+sidecar.MethodFollow)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(wrapperspb.Bytes([]byte(`{"inbound": "127.0.0.1:8443"}`))); err != nil {
		return err
	}
	return stream.RecvMsg(&wrapperspb.BytesValue{})
}

// report sends a report without counts.
func report(ctx context.Context, conn *grpc.ClientConn, r any) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return conn.Invoke(ctx, "/"+sidecar.ControlService+"/"+sidecar.MethodReport, wrapperspb.Bytes(raw), &emptypb.Empty{})
}

// refused wants an error to be for now, to say what, and when to ask again.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	s := status.Convert(err)
	if s.Code() != codes.ResourceExhausted || !strings.Contains(s.Message(), want) {
		t.Errorf("%v, not: %s", err, want)
	}
	for _, d := range s.Details() {
		if r, ok := d.(*errdetails.RetryInfo); ok && r.GetRetryDelay().AsDuration() > 0 {
			return
		}
	}
	t.Errorf("%v does not say when to ask again", err)
}

func TestAWorkloadHasSoManyStreams(t *testing.T) {
	t.Parallel()
	const most = 256 + 64
	p := newPlane(t)
	web, ctx := p.caller(t, "web"), t.Context()
	var conn *grpc.ClientConn
	last, end := context.WithCancel(ctx)
	defer end()
	for n := range most {
		if n%64 == 0 { // as many as a connection has
			conn = web.dial(t)
		}
		if n == most-1 {
			ctx = last
		}
		must(t, follow(ctx, conn))
	}
	more := web.dial(t)
	refused(t, follow(t.Context(), more), "web have 320 streams open")
	must(t, follow(t.Context(), p.caller(t, "orders").dial(t))) // another one has its own
	end()
	eventually(t, "one that ends makes room", func() bool { return follow(t.Context(), more) == nil })
}

func TestAWorkloadHasSoManyProcessesThatReport(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	conn := p.caller(t, "web").dial(t)
	from := func(process int) error {
		return report(t.Context(), conn, sidecar.Report{Process: strconv.Itoa(process), Number: 1})
	}
	for n := range 256 {
		must(t, from(n))
	}
	refused(t, from(256), "256 processes of web")
	must(t, from(0)) // one that is known goes on
	must(t, report(t.Context(), p.caller(t, "orders").dial(t), sidecar.Report{Process: "p", Number: 1}))
	p.later(11 * time.Minute)
	must(t, from(256))
}

func TestAReportSaysWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	conn := p.caller(t, "web").dial(t)
	for want, r := range map[string]any{
		"no JSON of a report": "x",
		"which process":       sidecar.Report{Process: strings.Repeat("p", 65), Number: 1},
		"the number 0":        sidecar.Report{Process: "p"},
		"301 counts":          sidecar.Report{Process: "p", Number: 1, Counted: make([]sidecar.Counted, sidecar.MaxCounted+1)},
	} {
		if err := report(t.Context(), conn, r); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestASidecarThatReportsTooFastWaits has another process of its workload take all turns.
func TestASidecarThatReportsTooFastWaits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{graphsql.Migrations()}, func(t *testing.T, d *db.DB) {
		t.Helper()
		g := &graph.Service{Store: graphsql.NewStore(d), Tx: d, Gateway: entrance{}, Authorizer: readers{}, Stages: readers{}}
		p := newPlaneWith(t, g)
		p.change(func() { p.addrs["stock"] = application(t, "stock") })
		web := p.beside(t, dev(), "web", "web")
		p.later(0)
		conn, n := p.caller(t, "web").dial(t), int64(0)
		var err error
		for ; err == nil; n++ {
			err = report(t.Context(), conn, sidecar.Report{Process: "other", Number: n + 1})
		}
		refused(t, err, "web report more than 60 times a second")
		if n < 600 {
			t.Errorf("after %d reports", n)
		}
		const calls = 10
		for range calls {
			if status, said := ask(t, web, "stock", "/"); status != http.StatusOK {
				t.Error(status, said)
			}
		}
		told := func() int64 { return edges(t, g)[id("web")+" stock"][0] }
		refused(t, report(t.Context(), conn, sidecar.Report{Process: "other", Number: n}), "60 times")
		if told() != 0 {
			t.Error("without a turn it has reported")
		}
		p.later(time.Minute)
		eventually(t, "nothing is lost", func() bool { return told() == calls })
	})
}
