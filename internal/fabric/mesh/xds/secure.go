package xds

import (
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds/bootstrap"
)

// towards is TLS of a caller that shows its SVID and takes an answer from one id alone.
func towards(id string) *corev3.TransportSocket {
	return socket(&tlsv3.UpstreamTlsContext{CommonTlsContext: svid(id)})
}

// inwards is TLS of who is called: a caller shows an SVID. Which may do what is decided by the
// filter of authorization.
func inwards() *corev3.TransportSocket {
	return socket(&tlsv3.DownstreamTlsContext{CommonTlsContext: svid(), RequireClientCertificate: wrapperspb.Bool(true)})
}

func svid(peers ...string) *tlsv3.CommonTlsContext {
	peer := &tlsv3.CertificateValidationContext{
		CaCertificateProviderInstance: &tlsv3.CertificateProviderPluginInstance{InstanceName: bootstrap.CertificateProvider},
	}
	for _, id := range peers {
		//nolint:staticcheck // gRPC reads this field alone (gRFC A29)
		peer.MatchSubjectAltNames = append(peer.MatchSubjectAltNames, &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_Exact{Exact: id}})
	}
	return &tlsv3.CommonTlsContext{
		TlsCertificateProviderInstance: &tlsv3.CertificateProviderPluginInstance{InstanceName: bootstrap.CertificateProvider},
		ValidationContextType:          &tlsv3.CommonTlsContext_ValidationContext{ValidationContext: peer},
	}
}

func socket(context proto.Message) *corev3.TransportSocket {
	return &corev3.TransportSocket{Name: "envoy.transport_sockets.tls", ConfigType: &corev3.TransportSocket_TypedConfig{TypedConfig: packed(context)}}
}

// packed is a message within another one. Those that are made here can be written.
func packed(m proto.Message) *anypb.Any {
	out := &anypb.Any{TypeUrl: "type.googleapis.com/" + string(m.ProtoReflect().Descriptor().FullName())}
	out.Value, _ = proto.MarshalOptions{Deterministic: true}.Marshal(m)
	return out
}
