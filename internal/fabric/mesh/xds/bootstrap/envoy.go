package bootstrap

import (
	"cmp"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// controlCluster is what an Envoy calls the control plane.
	controlCluster = "terrace_xds"
	// connectTimeout is how long an Envoy waits for a connection to either, as protobuf writes it.
	connectTimeout = "5s"
)

// Envoy is what an Envoy beside a process of a workload is started with.
type Envoy struct {
	Workload string
	// Server is where the control plane listens, host:port; Roots is the file of who signs for it.
	Server, Roots string
	// Socket is the path of the Workload API.
	Socket string
	// Outbound is where the process calls others, a loopback address with a port.
	Outbound string
	// Inbound is where others come in, Application where the process listens itself; both are
	// empty for one that is called by nobody.
	Inbound, Application string
	// GRPC tells that the process speaks gRPC.
	GRPC bool
	// Release is which one the process is of; "" where it does not matter.
	Release string
	// Admin is where Envoy tells how it is, a loopback address with a port.
	Admin string
	// Zone is where it runs, for its operators' eyes.
	Zone string
}

// object is one of JSON, with fields as Envoy's protobuf names them.
type object map[string]any

// File returns the file: envoy.config.bootstrap.v3.Bootstrap as JSON. It is Invalid for what no
// Envoy could be started with.
func (e Envoy) File() (any, error) {
	admin, err := loopback("admin", e.Admin)
	if err != nil {
		return nil, err
	}
	metadata, err := e.metadata()
	if err != nil {
		return nil, err
	}
	control, err := e.control()
	if err != nil {
		return nil, err
	}
	ads := object{"ads": object{}, "resource_api_version": "V3"}
	return object{
		"node":  object{"id": e.Workload, "cluster": e.Workload, "locality": object{"zone": e.Zone}, "metadata": object{EnvoyMetadata: metadata}},
		"admin": object{"address": socketAddress(admin.Addr().String(), admin.Port())},
		"dynamic_resources": object{
			"ads_config": grpcSource("DELTA_GRPC", controlCluster), "lds_config": ads, "cds_config": ads,
		},
		"static_resources": object{"clusters": []object{control, e.secrets()}},
	}, nil
}

// metadata says the ports to the control plane, which makes listeners of them.
func (e Envoy) metadata() (object, error) {
	out := object{EnvoyGRPC: e.GRPC}
	if e.Release != "" {
		out[EnvoyRelease] = e.Release
	}
	at, err := loopback("outbound", e.Outbound)
	if err != nil {
		return nil, err
	}
	out[EnvoyOutbound] = at.String()
	if (e.Inbound == "") != (e.Application == "") {
		return nil, kernel.Errorf(kernel.Invalid, "where others come in and where the process listens go together").WithFix("give both --inbound and --application, or none of them")
	}
	for key, text := range map[string]string{EnvoyInbound: e.Inbound, EnvoyApplication: e.Application} {
		if text == "" {
			continue
		}
		at, err := address(key, text)
		if err != nil {
			return nil, err
		}
		out[key] = at.String()
	}
	return out, nil
}

// control is the control plane, to which the Envoy proves itself by its secret.
func (e Envoy) control() (object, error) {
	host, text, err := net.SplitHostPort(e.Server)
	port, wrong := strconv.ParseUint(text, 10, 16)
	if err != nil || wrong != nil || host == "" || port == 0 {
		return nil, kernel.Errorf(kernel.Invalid, "%q is not where a control plane listens", e.Server).WithFix("write --server as host:port, such as localhost:7083")
	}
	found, name := "STRICT_DNS", object{"san_type": "DNS", "matcher": object{"exact": host}}
	tls := object{"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"}
	if _, err := netip.ParseAddr(host); err == nil {
		found, name["san_type"] = "STATIC", "IP_ADDRESS"
	} else {
		tls["sni"] = host
	}
	tls["common_tls_context"] = object{
		"alpn_protocols":                     []string{"h2"},
		"tls_params":                         object{"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3"},
		"tls_certificate_sds_secret_configs": []object{{"name": CertificateSecret, "sds_config": secretSource()}},
		"validation_context":                 object{"trusted_ca": object{"filename": e.Roots}, "match_typed_subject_alt_names": []object{name}},
	}
	c := cluster(controlCluster, found, socketAddress(host, uint16(port)))
	c["transport_socket"] = object{"name": "envoy.transport_sockets.tls", "typed_config": tls}
	return c, nil
}

// secrets is the socket of the Workload API.
func (e Envoy) secrets() object {
	return cluster(SecretsCluster, "STATIC", object{"pipe": object{"path": strings.TrimPrefix(e.Socket, "unix://")}})
}

// cluster is one of gRPC with one address.
func cluster(name, found string, at object) object {
	return object{
		"name": name, "type": found, "connect_timeout": connectTimeout,
		"load_assignment": object{"cluster_name": name, "endpoints": []object{{"lb_endpoints": []object{{"endpoint": object{"address": at}}}}}},
		"typed_extension_protocol_options": object{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": object{
			"@type":                "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
			"explicit_http_config": object{"http2_protocol_options": object{"connection_keepalive": object{"interval": "30s", "timeout": "10s"}}},
		}},
	}
}

func secretSource() object {
	return object{"resource_api_version": "V3", "api_config_source": grpcSource("GRPC", SecretsCluster)}
}

func grpcSource(kind, cluster string) object {
	return object{
		"api_type": kind, "transport_api_version": "V3", "set_node_on_first_message_only": true,
		"grpc_services": []object{{"envoy_grpc": object{"cluster_name": cluster}}},
	}
}

func socketAddress(host string, port uint16) object {
	return object{"socket_address": object{"address": host, "port_value": port}}
}

// loopback reads an address that only processes of the machine reach.
func loopback(flag, text string) (netip.AddrPort, error) {
	at, err := address(flag, text)
	if err == nil && !at.Addr().IsLoopback() {
		err = kernel.Errorf(kernel.Invalid, "%s is no loopback address: whoever reaches it speaks as the workload", text).WithFix("give --%s one, such as 127.0.0.1:%d", flag, at.Port())
	}
	return at, err
}

func address(flag, text string) (netip.AddrPort, error) {
	at, err := netip.ParseAddrPort(text)
	if err != nil || at.Port() == 0 || at.Addr().Zone() != "" {
		return at, kernel.Errorf(kernel.Invalid, "--%s is %q, and has to be an address of IP with a port", flag, cmp.Or(text, "empty")).WithFix("write it as 127.0.0.1:8080")
	}
	return at, nil
}
