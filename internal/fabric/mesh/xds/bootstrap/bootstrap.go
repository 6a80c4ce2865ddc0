// Package bootstrap writes what a program of gRPC, or an Envoy, is started with so that it asks
// the mesh how calls go: the file that GRPC_XDS_BOOTSTRAP names, and Envoy's configuration.
//
// It owns the form of the files and the names that it shares with the control plane. It reads
// nothing, so that clients write one without a server.
package bootstrap

import "path/filepath"

const (
	// CertificateProvider is what the file calls the certificates of its workload (gRFC A29).
	CertificateProvider = "default"
	// CertificateSecret is the name of the certificate of a workload with its key where secrets
	// are discovered (SDS), RootsSecret that of whom it trusts.
	CertificateSecret = "default"
	RootsSecret       = "ROOTCA"
	// SecretsCluster is what an Envoy calls the socket at which it has its secrets.
	SecretsCluster = "terrace_secrets"
	// EnvoyAgent is the user agent of an Envoy, EnvoyMetadata the key of its node's metadata
	// that has its ports: EnvoyOutbound, EnvoyInbound and EnvoyApplication are addresses,
	// EnvoyGRPC tells that the application speaks gRPC, and EnvoyRelease which one it is of.
	EnvoyAgent       = "envoy"
	EnvoyMetadata    = "terrace"
	EnvoyOutbound    = "outbound"
	EnvoyInbound     = "inbound"
	EnvoyApplication = "application"
	EnvoyGRPC        = "grpc"
	EnvoyRelease     = "release"
	// ServerListener begins the name of the listener of a server, which ends in its address
	// (gRFC A36).
	ServerListener = "terrace/server/"
	// refreshEvery is how often files of certificates are read anew, as protobuf writes it.
	refreshEvery = "10s"
)

// Identity is the files of the certificates of a workload, as PEM.
type Identity struct {
	// Certificate and Key are its X509-SVID, Bundle has the authorities of its trust domain.
	Certificate, Key, Bundle string
}

// Within returns the files that spiffe-helper writes into a folder by default.
func Within(folder string) Identity {
	return Identity{filepath.Join(folder, "svid.pem"), filepath.Join(folder, "svid_key.pem"), filepath.Join(folder, "svid_bundle.pem")}
}

// File is what GRPC_XDS_BOOTSTRAP names (gRFC A27).
type File struct {
	Servers   []Server            `json:"xds_servers"`
	Node      Node                `json:"node"`
	Providers map[string]Provider `json:"certificate_providers"`
	Template  string              `json:"server_listener_resource_name_template"`
}

// Server is a control plane.
type Server struct {
	URI         string        `json:"server_uri"`
	Credentials []Credentials `json:"channel_creds"`
	Features    []string      `json:"server_features"`
}

// Credentials are how it is spoken to.
type Credentials struct {
	Type   string `json:"type"`
	Config Files  `json:"config"`
}

// Node is who asks. The control plane goes by the SVID; this is for its operators' eyes.
type Node struct {
	ID string `json:"id"`
}

// Provider has certificates.
type Provider struct {
	Plugin string `json:"plugin_name"`
	Config Files  `json:"config"`
}

// Files are those of certificates.
type Files struct {
	Certificate string `json:"certificate_file"`
	Key         string `json:"private_key_file"`
	Authorities string `json:"ca_certificate_file"`
	Refresh     string `json:"refresh_interval"`
}

// New returns the file of a process of a workload; roots has who signs for the control plane,
// which listens on server, host:port.
func New(server, roots, workload string, id Identity) File {
	files := func(authorities string) Files { return Files{id.Certificate, id.Key, authorities, refreshEvery} }
	return File{
		Servers:   []Server{{URI: server, Credentials: []Credentials{{Type: "tls", Config: files(roots)}}, Features: []string{"xds_v3"}}},
		Node:      Node{ID: workload},
		Providers: map[string]Provider{CertificateProvider: {Plugin: "file_watcher", Config: files(id.Bundle)}},
		Template:  ServerListener + "%s",
	}
}
