package gateway_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	grpcstatus "google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// dialGRPC opens a client of gRPC for a host of the gateway.
func (f *fixture) dialGRPC(t *testing.T, host string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(fmt.Sprintf("passthrough:///127.0.0.1:%d", f.server.Port()), grpc.WithAuthority(host),
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{ServerName: host, RootCAs: f.authority.Pool(), MinVersion: tls.VersionTLS12})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestGRPCInterop runs the cases of gRPC's own interoperability suite through
// the gateway; each ends the process where it fails.
func TestGRPCInterop(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	r := gateway.ToService("orders", host, "", "orders", "")
	r.Rules[0].Backends[0].Protocol = route.GRPC
	put(t, f.routes, dev, r)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	testgrpc.RegisterTestServiceServer(server, interop.NewTestServer())
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	f.upstreams.m.Store("orders", upstream{l.Addr().String(), ""})
	conn := f.dialGRPC(t, host)
	client := testgrpc.NewTestServiceClient(conn)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	type call = func(context.Context, testgrpc.TestServiceClient, ...grpc.CallOption)
	for name, run := range map[string]call{
		"empty_unary": interop.DoEmptyUnaryCall, "large_unary": interop.DoLargeUnaryCall, "client_streaming": interop.DoClientStreaming,
		"server_streaming": interop.DoServerStreaming, "ping_pong": interop.DoPingPong, "empty_stream": interop.DoEmptyStream,
		"timeout_on_sleeping_server": interop.DoTimeoutOnSleepingServer, "cancel_after_begin": interop.DoCancelAfterBegin,
		"cancel_after_first_response": interop.DoCancelAfterFirstResponse, "custom_metadata": interop.DoCustomMetadata,
		"status_code_and_message": interop.DoStatusCodeAndMessage, "special_status_message": interop.DoSpecialStatusMessage,
	} {
		run(ctx, client)
		t.Log(name)
	}
	interop.DoUnimplementedService(ctx, testgrpc.NewUnimplementedServiceClient(conn))
	interop.DoUnimplementedMethod(ctx, conn)
}

// TestRefusalsInGRPC has clients of gRPC meet what the gateway answers itself.
func TestRefusalsInGRPC(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *proxy.Config) { c.ResponseTimeout = 200 * time.Millisecond })
	put(t, f.routes, dev, gateway.ToService("down", host, "", "down", ""))
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	f.upstreams.m.Store("slow", upstream{silent.Addr().String(), ""})
	const slow = "slow.dev.shop.localhost"
	r := gateway.ToService("slow", slow, "", "slow", "")
	r.Rules[0].Backends[0].Protocol = route.GRPC
	put(t, f.routes, dev, r)
	for host, want := range map[string]codes.Code{
		host: codes.Unavailable, "none.dev.shop.localhost": codes.Unimplemented, slow: codes.DeadlineExceeded,
	} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		if host == slow { // the gateway's bound, not the client's
			ctx, cancel = context.Background(), func() {}
		}
		err := f.dialGRPC(t, host).Invoke(ctx, "/x/Y", &testgrpc.Empty{}, &testgrpc.Empty{})
		cancel()
		if s := grpcstatus.Convert(err); s.Code() != want || s.Message() == "" {
			t.Errorf("%s: %s %q, want %s", host, s.Code(), s.Message(), want)
		}
	}
}
