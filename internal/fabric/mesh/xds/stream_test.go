package xds_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// asks opens a connection that shows a certificate; without files it shows none.
func (f *fixture) asks(t *testing.T, s *svid) discoveryv3.AggregatedDiscoveryServiceClient {
	t.Helper()
	c := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "localhost", MinVersion: tls.VersionTLS12}
	c.RootCAs.AppendCertsFromPEM(f.pki.Authority().RootPEM())
	if s != nil {
		pair, err := tls.LoadX509KeyPair(s.Certificate, s.Key)
		if err != nil {
			t.Fatal(err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	conn, err := grpc.NewClient(f.server.Addr().String(), grpc.WithTransportCredentials(credentials.NewTLS(c)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return discoveryv3.NewAggregatedDiscoveryServiceClient(conn)
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// clusters asks once for the cluster of orders, by the name that a client gives itself.
func clusters(t *testing.T, c discoveryv3.AggregatedDiscoveryServiceClient, node string) (discoveryv3.AggregatedDiscoveryService_StreamAggregatedResourcesClient, *discoveryv3.DiscoveryResponse, error) {
	t.Helper()
	stream, err := c.StreamAggregatedResources(within(t))
	if err != nil {
		return nil, nil, err
	}
	if err := stream.Send(&discoveryv3.DiscoveryRequest{Node: &corev3.Node{Id: node}, TypeUrl: resourcev3.ClusterType, ResourceNames: []string{"orders:50051"}}); err != nil {
		return nil, nil, err
	}
	answer, err := stream.Recv()
	return stream, answer, err
}

func TestAClientIsWhoItsSVIDSays(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.answer(dev("acme"), "orders", "127.0.0.1:9")
	acme, other := f.svid(t, dev("acme"), "web"), f.svid(t, dev("other"), "web")
	id := pki.Workload{Scope: dev("acme"), Name: "web"}.URI("localhost").String()
	for name, tt := range map[string]struct {
		shown svid
		want  int
	}{"its own name": {acme, 1}, "another tenant's name": {other, 0}} {
		if _, answer, err := clusters(t, f.asks(t, &tt.shown), id); err != nil || len(answer.GetResources()) != tt.want {
			t.Errorf("%s: %v, %v", name, answer, err)
		}
	}
	stage := dev("acme")
	stage.Stage = "prod"
	prod := f.svid(t, stage, "web")
	if _, answer, err := clusters(t, f.asks(t, &prod), id); err != nil || len(answer.GetResources()) != 0 {
		t.Errorf("another stage: %v, %v", answer, err)
	}
}

func TestWhoProvesNothingGetsNoStream(t *testing.T) {
	t.Parallel()
	f, elsewhere := start(t), start(t)
	foreign := elsewhere.svid(t, dev("acme"), "web")
	for name, shown := range map[string]*svid{"no certificate": nil, "one of another authority": &foreign} {
		if _, _, err := clusters(t, f.asks(t, shown), "web"); status.Code(err) != codes.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// revoke takes back the certificate of a workload of the stage dev of acme.
func (f *fixture) revoke(t *testing.T, s svid) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(s.Certificate, s.Key)
	if err != nil {
		t.Fatal(err)
	}
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "acme"))
	if err := f.pki.Revoke(ctx, dev("acme"), pair.Leaf.SerialNumber.Text(16), pki.KeyCompromise); err != nil {
		t.Fatal(err)
	}
}

func TestARevokedSVIDLearnsNothingMore(t *testing.T) {
	t.Parallel()
	f := start(t)
	s := f.svid(t, dev("acme"), "web")
	stream, answer, err := clusters(t, f.asks(t, &s), "web")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&discoveryv3.DiscoveryRequest{
		TypeUrl: answer.GetTypeUrl(), ResourceNames: []string{"orders:50051"}, ResponseNonce: answer.GetNonce(), VersionInfo: answer.GetVersionInfo(),
	}); err != nil {
		t.Fatal(err)
	}
	f.revoke(t, s)
	f.answer(dev("acme"), "orders", "127.0.0.1:9")
	if _, err := stream.Recv(); status.Code(err) != codes.Unauthenticated {
		t.Errorf("the stream goes on: %v", err)
	}
	if _, _, err := clusters(t, f.asks(t, &s), "web"); status.Code(err) != codes.Unavailable {
		t.Errorf("another connection: %v", err)
	}
}

func TestStreamsOfAWorkloadAreBounded(t *testing.T) {
	t.Parallel()
	f := start(t)
	s := f.svid(t, dev("acme"), "web")
	var err error
	opened := 0
	for i := 0; i <= 64 && err == nil; i++ {
		if _, _, err = clusters(t, f.asks(t, &s), "web"); err == nil {
			opened++
		}
	}
	if opened != 64 || status.Code(err) != codes.ResourceExhausted {
		t.Errorf("after %d streams: %v", opened, err)
	}
}

// asksOnce opens a stream and ends it.
func asksOnce(t *testing.T, c discoveryv3.AggregatedDiscoveryServiceClient) error {
	t.Helper()
	stream, err := c.StreamAggregatedResources(within(t))
	if err != nil {
		return err
	}
	if err := stream.Send(&discoveryv3.DiscoveryRequest{TypeUrl: resourcev3.ClusterType, ResourceNames: []string{"orders:50051"}}); err != nil {
		return err
	}
	if _, err := stream.Recv(); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func TestAWorkloadOpensStreamsSoFast(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.answer(dev("acme"), "orders", "127.0.0.1:9")
	s, other := f.svid(t, dev("acme"), "web"), f.svid(t, dev("acme"), "billing")
	now := time.Now()
	f.stand(now)
	web := f.asks(t, &s)
	var err error
	opened := 0
	for ; opened <= 128 && err == nil; opened++ {
		err = asksOnce(t, web)
	}
	refused := status.Convert(err)
	if opened != 129 || refused.Code() != codes.ResourceExhausted || len(refused.Details()) != 1 {
		t.Fatalf("the stream %d is not refused until later: %v", opened, err)
	}
	if retry, ok := refused.Details()[0].(*errdetails.RetryInfo); !ok || retry.GetRetryDelay().AsDuration() <= 0 {
		t.Errorf("it is told to come again after %v", refused.Details())
	}
	if err := asksOnce(t, f.asks(t, &other)); err != nil {
		t.Errorf("another workload: %v", err)
	}
	f.stand(now.Add(time.Second))
	if err := asksOnce(t, web); err != nil {
		t.Errorf("later: %v", err)
	}
}

// TestOnlyWhatHasChangedIsSent follows a service by changes.
func TestOnlyWhatHasChangedIsSent(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.answer(dev("acme"), "orders", "127.0.0.1:9")
	f.answer(dev("acme"), "billing", "127.0.0.1:10")
	s := f.svid(t, dev("acme"), "web")
	stream, err := f.asks(t, &s).DeltaAggregatedResources(within(t))
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]int64{}
	next := func(kind string) []string {
		t.Helper()
		answer, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		version, err := strconv.ParseInt(answer.GetSystemVersionInfo(), 10, 64)
		if err != nil || answer.GetTypeUrl() != kind || version <= last[kind] {
			t.Fatalf("version %q of %s after %d: %v", answer.GetSystemVersionInfo(), answer.GetTypeUrl(), last[kind], err)
		}
		last[kind] = version
		if err := stream.Send(&discoveryv3.DeltaDiscoveryRequest{TypeUrl: kind, ResponseNonce: answer.GetNonce()}); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range answer.GetResources() {
			names = append(names, r.GetName())
		}
		return names
	}
	for _, kind := range []string{resourcev3.ClusterType, resourcev3.EndpointType} {
		if err := stream.Send(&discoveryv3.DeltaDiscoveryRequest{TypeUrl: kind, ResourceNamesSubscribe: []string{"orders:50051", "billing:50051"}}); err != nil {
			t.Fatal(err)
		}
		if got := next(kind); len(got) != 2 {
			t.Fatalf("%s: %v", kind, got)
		}
	}
	f.answer(dev("acme"), "orders", "127.0.0.1:11")
	if got := strings.Join(next(resourcev3.EndpointType), " "); got != "orders:50051" {
		t.Errorf("after one has moved: %s", got)
	}
	f.answer(dev("acme"), "billing", "127.0.0.1:12")
	if got := strings.Join(next(resourcev3.EndpointType), " "); got != "billing:50051" {
		t.Errorf("after the other has moved: %s", got)
	}
}
