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

// towards is TLS of a caller that shows its SVID and takes an answer from one id alone. An Envoy
// resumes no session: each connection is judged by whom it trusts then.
func (a audience) towards(id string) *corev3.TransportSocket {
	if a.envoy {
		return socket(&tlsv3.UpstreamTlsContext{CommonTlsContext: bySecrets(tlsv3.TlsParameters_TLSv1_2, id), MaxSessionKeys: wrapperspb.UInt32(0)})
	}
	return socket(&tlsv3.UpstreamTlsContext{CommonTlsContext: svid(id)})
}

// inwards is TLS of who is called: a caller shows an SVID. Which may do what is decided by the
// filter of authorization.
func (a audience) inwards() *corev3.TransportSocket {
	if a.envoy {
		common := bySecrets(tlsv3.TlsParameters_TLSv1_3)
		common.AlpnProtocols = []string{"h2", "http/1.1"}
		return socket(&tlsv3.DownstreamTlsContext{
			CommonTlsContext: common, RequireClientCertificate: wrapperspb.Bool(true), DisableStatefulSessionResumption: true,
			SessionTicketKeysType: &tlsv3.DownstreamTlsContext_DisableStatelessSessionResumption{DisableStatelessSessionResumption: true},
		})
	}
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

// bySecrets is TLS of an Envoy, whose certificate and authorities are secrets of its own node:
// nothing of them comes from here.
func bySecrets(least tlsv3.TlsParameters_TlsProtocol, peers ...string) *tlsv3.CommonTlsContext {
	peer := &tlsv3.CertificateValidationContext{}
	for _, id := range peers {
		peer.MatchTypedSubjectAltNames = append(peer.MatchTypedSubjectAltNames, &tlsv3.SubjectAltNameMatcher{SanType: tlsv3.SubjectAltNameMatcher_URI, Matcher: exactly(id)})
	}
	return &tlsv3.CommonTlsContext{
		TlsParams:                      &tlsv3.TlsParameters{TlsMinimumProtocolVersion: least, TlsMaximumProtocolVersion: tlsv3.TlsParameters_TLSv1_3},
		TlsCertificateSdsSecretConfigs: []*tlsv3.SdsSecretConfig{secret(bootstrap.CertificateSecret)},
		ValidationContextType: &tlsv3.CommonTlsContext_CombinedValidationContext{CombinedValidationContext: &tlsv3.CommonTlsContext_CombinedCertificateValidationContext{
			DefaultValidationContext: peer, ValidationContextSdsSecretConfig: secret(bootstrap.RootsSecret),
		}},
	}
}

func secret(name string) *tlsv3.SdsSecretConfig {
	return &tlsv3.SdsSecretConfig{Name: name, SdsConfig: &corev3.ConfigSource{
		ResourceApiVersion: corev3.ApiVersion_V3,
		ConfigSourceSpecifier: &corev3.ConfigSource_ApiConfigSource{ApiConfigSource: &corev3.ApiConfigSource{
			ApiType: corev3.ApiConfigSource_GRPC, TransportApiVersion: corev3.ApiVersion_V3,
			GrpcServices: []*corev3.GrpcService{{TargetSpecifier: &corev3.GrpcService_EnvoyGrpc_{EnvoyGrpc: &corev3.GrpcService_EnvoyGrpc{ClusterName: bootstrap.SecretsCluster}}}},
		}},
	}}
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
