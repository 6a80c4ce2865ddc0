package workloadapi_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	secretv3 "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
)

func envoy(t *testing.T, p *plane) secretv3.SecretDiscoveryServiceClient {
	t.Helper()
	conn, err := grpc.NewClient("unix://"+p.socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return secretv3.NewSecretDiscoveryServiceClient(conn)
}

// secret is what an answer has under its one name; it holds by the rules of the protocol.
func secret(t *testing.T, one *anypb.Any) *tlsv3.Secret {
	t.Helper()
	var s tlsv3.Secret
	must(t, one.UnmarshalTo(&s))
	must(t, s.ValidateAll())
	return &s
}

// shown is the certificate that a secret has, which its key fits.
func shown(t *testing.T, s *tlsv3.Secret) *x509.Certificate {
	t.Helper()
	pair, err := tls.X509KeyPair(s.GetTlsCertificate().GetCertificateChain().GetInlineBytes(), s.GetTlsCertificate().GetPrivateKey().GetInlineBytes())
	must(t, err)
	return pair.Leaf
}

func TestAnEnvoyHasItsSecretsOfTheSocket(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	stream, err := envoy(t, p).StreamSecrets(t.Context())
	must(t, err)
	ask := func(names []string, last *discoveryv3.DiscoveryResponse, refused string) {
		req := &discoveryv3.DiscoveryRequest{TypeUrl: resourcev3.SecretType, ResourceNames: names, VersionInfo: last.GetVersionInfo(), ResponseNonce: last.GetNonce(), Node: &corev3.Node{Id: "anybody"}}
		if refused != "" {
			req.VersionInfo, req.ErrorDetail = "", status.New(codes.InvalidArgument, refused).Proto()
		}
		must(t, stream.Send(req))
	}
	names := []string{"default", "ROOTCA"}
	ask(names, nil, "")
	first, err := stream.Recv()
	must(t, err)
	if len(first.GetResources()) != 2 {
		t.Fatalf("%d secrets", len(first.GetResources()))
	}
	byName := map[string]*tlsv3.Secret{}
	for _, r := range first.GetResources() {
		s := secret(t, r)
		byName[s.GetName()] = s
	}
	leaf := shown(t, byName["default"])
	roots := x509.NewCertPool()
	trusted := byName["ROOTCA"].GetValidationContext()
	if !roots.AppendCertsFromPEM(trusted.GetTrustedCa().GetInlineBytes()) || leaf.URIs[0].String() != idOf("web") {
		t.Error("no roots, or another's certificate", leaf.URIs)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
	if b, _ := pem.Decode(trusted.GetCrl().GetInlineBytes()); b == nil || b.Type != "X509 CRL" || !trusted.GetOnlyVerifyLeafCertCrl() {
		t.Error("there is no list of what was revoked")
	}
	ask(names, first, "a secret that Envoy does not like")
	p.ahead.Store(int64(17 * time.Hour))
	p.round(t)
	second, err := stream.Recv()
	must(t, err)
	if second.GetVersionInfo() == first.GetVersionInfo() {
		t.Fatal("what was refused is sent again as it is")
	}
	for _, r := range second.GetResources() {
		if s := secret(t, r); s.GetName() == "default" && shown(t, s).SerialNumber.Cmp(leaf.SerialNumber) == 0 {
			t.Error("it is not renewed")
		}
	}
	p.own.are("orders")
	ask(names, second, "")
	if _, err := stream.Recv(); status.Code(err) != codes.PermissionDenied {
		t.Errorf("the stream goes on for another workload: %v", err)
	}
}

func TestOnlyTheSecretThatHasChangedIsSent(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	stream, err := envoy(t, p).DeltaSecrets(t.Context())
	must(t, err)
	must(t, stream.Send(&discoveryv3.DeltaDiscoveryRequest{TypeUrl: resourcev3.SecretType, ResourceNamesSubscribe: []string{idOf("web"), "spiffe://localhost"}}))
	next := func() map[string]*tlsv3.Secret {
		r, err := stream.Recv()
		must(t, err)
		must(t, stream.Send(&discoveryv3.DeltaDiscoveryRequest{ResponseNonce: r.GetNonce()}))
		out := map[string]*tlsv3.Secret{}
		for _, one := range r.GetResources() {
			out[one.GetName()] = secret(t, one.GetResource())
		}
		return out
	}
	first := next()
	if len(first) != 2 {
		t.Fatalf("%d secrets", len(first))
	}
	p.ahead.Store(int64(17 * time.Hour))
	renewed := false
	p.round(t)
	for !renewed { // the list of what was revoked is made anew, too, and may come first
		for name, s := range next() {
			if name != idOf("web") {
				if !bytes.Equal(s.GetValidationContext().GetTrustedCa().GetInlineBytes(), first[name].GetValidationContext().GetTrustedCa().GetInlineBytes()) {
					t.Error("others are trusted")
				}
				continue
			}
			renewed = shown(t, s).SerialNumber.Cmp(shown(t, first[name]).SerialNumber) != 0
		}
	}
	_, err = p.pki.Rotate(operator(t.Context()), pki.Rotation{Workloads: true})
	must(t, err)
	p.round(t)
	for { // until both are there, each with its list
		after := next()
		roots := after["spiffe://localhost"].GetValidationContext()
		if len(after) != 1 {
			t.Fatalf("%d secrets after another authority", len(after))
		}
		if bytes.Count(roots.GetTrustedCa().GetInlineBytes(), []byte("BEGIN")) == 2 {
			if bytes.Count(roots.GetCrl().GetInlineBytes(), []byte("BEGIN")) != 2 {
				t.Error("an Envoy refuses whom an authority without a list has signed for")
			}
			return
		}
	}
}

func TestSecretsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	c := envoy(t, p)
	for _, name := range []string{idOf("orders"), "other", strings.Repeat("x", 1000)} {
		stream, err := c.StreamSecrets(t.Context())
		must(t, err)
		must(t, stream.Send(&discoveryv3.DiscoveryRequest{ResourceNames: []string{name}}))
		if _, err := stream.Recv(); status.Code(err) != codes.InvalidArgument || len(err.Error()) > 600 {
			t.Errorf("%.20s: %v", name, err)
		}
	}
	stream, err := c.DeltaSecrets(t.Context())
	must(t, err)
	all, err := c.StreamSecrets(t.Context())
	must(t, err)
	must(t, all.Send(&discoveryv3.DiscoveryRequest{ResourceNames: []string{"*"}}))
	if r, err := all.Recv(); err != nil || len(r.GetResources()) != 4 {
		t.Errorf("all that it has: %d, %v", len(r.GetResources()), err)
	}
	p.own.name.Store(nil)
	must(t, stream.Send(&discoveryv3.DeltaDiscoveryRequest{}))
	if _, err := stream.Recv(); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a stranger: %v", err)
	}
}

func TestStreamsOfSecretsAreBounded(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	conns := []secretv3.SecretDiscoveryServiceClient{envoy(t, p), envoy(t, p), envoy(t, p)}
	for i := range 65 {
		stream, err := conns[i%len(conns)].StreamSecrets(t.Context())
		must(t, err)
		must(t, stream.Send(&discoveryv3.DiscoveryRequest{ResourceNames: []string{"ROOTCA"}}))
		if _, err := stream.Recv(); (err == nil) != (i < 64) || err != nil && status.Code(err) != codes.ResourceExhausted {
			t.Fatalf("stream %d: %v", i, err)
		}
	}
}
