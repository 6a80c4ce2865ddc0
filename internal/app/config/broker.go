package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"

	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Broker is a server of topics that somebody else runs.
type Broker struct {
	Name string `koanf:"name" yaml:"name"`
	// Kind is nats or kafka.
	Kind string `koanf:"kind" yaml:"kind"`
	// Addresses are URLs of NATS, or host:port of Kafka.
	Addresses []string `koanf:"addresses" yaml:"addresses"`
	TLS       bool     `koanf:"tls" yaml:"tls"`
	// CAFile has the roots that the server's certificate is held against; the system's where
	// it is empty. CertificateFile and KeyFile are what Terrace shows itself.
	CAFile          string `koanf:"caFile" yaml:"caFile"`
	CertificateFile string `koanf:"certificateFile" yaml:"certificateFile"`
	KeyFile         string `koanf:"keyFile" yaml:"keyFile"`
	// Mechanism is that of SASL on Kafka.
	Mechanism        string `koanf:"mechanism" yaml:"mechanism"`
	Username         string `koanf:"username" yaml:"username"`
	PasswordFile     string `koanf:"passwordFile" yaml:"passwordFile"`
	PasswordVariable string `koanf:"passwordVariable" yaml:"passwordVariable"`
	// CredentialsFile has the JWT and the seed of a user of NATS.
	CredentialsFile string `koanf:"credentialsFile" yaml:"credentialsFile"`
}

func brokerKeys() [][2]string {
	return [][2]string{
		{"name", "its name, which documents of topics give as broker; embedded is the NATS server in the daemon"},
		{"kind", "nats, with JetStream, or kafka: whatever speaks its protocol, Event Hubs too"},
		{"addresses", "on nats URLs such as nats://10.0.0.5:4222 or tls://nats.example.com:4222; on kafka host:port"},
		{"tls", "true speaks TLS; Event Hubs need it, and addresses of nats with tls:// have it"},
		{"caFile", "a file with the roots of the servers' certificates, PEM; left out they are the system's"},
		{"certificateFile", "a file with a certificate that Terrace shows, PEM, where servers ask for one"},
		{"keyFile", "a file with its key"},
		{"mechanism", "kafka: how Terrace signs in, PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; on Event Hubs PLAIN, with $ConnectionString as the user and the connection string as the password"},
		{"username", "the user that Terrace signs in as; on kafka it must be able to make topics, and users for grants"},
		{"passwordFile", "a file with the password; it is read at the start"},
		{"passwordVariable", "the variable of terraced with the password, where there is no file"},
		{"credentialsFile", "nats: a file with the credentials of a user, JWT and seed, in place of a name and a password"},
	}
}

// Password returns the broker's password, "" for none.
func (b Broker) Password() (string, error) {
	switch {
	case b.PasswordFile != "":
		text, err := content("passwordFile of the broker "+b.Name, b.PasswordFile)
		if err != nil {
			return "", err
		}
		return text, nil
	case b.PasswordVariable != "":
		text := os.Getenv(b.PasswordVariable)
		if text == "" {
			return "", kernel.Errorf(kernel.Invalid, "the variable %s is not set", b.PasswordVariable).WithFix("see passwordVariable of the broker %s in the configuration", b.Name)
		}
		return text, nil
	}
	return "", nil
}

// Encryption returns what TLS is spoken with; nil for none but what an address asks for.
func (b Broker) Encryption() (*tls.Config, error) {
	if !b.TLS && b.CAFile == "" && b.CertificateFile == "" {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if b.CAFile != "" {
		text, err := os.ReadFile(b.CAFile)
		if err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "the file %s cannot be read: %s", b.CAFile, reasonOf(err)).WithFix("see caFile of the broker %s in the configuration", b.Name)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, kernel.Errorf(kernel.Invalid, "the file %s has no certificate", b.CAFile).WithFix("see caFile of the broker %s in the configuration", b.Name)
		}
	}
	if b.CertificateFile != "" {
		pair, err := tls.LoadX509KeyPair(b.CertificateFile, b.KeyFile)
		if err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "the certificate in %s cannot be used with the key in %s: %w", b.CertificateFile, b.KeyFile, err).
				WithFix("see certificateFile of the broker %s in the configuration", b.Name)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// brokers checks what is set of brokers.
func (k *checker) brokers(c Config) {
	names := map[string]bool{topicdoc.Embedded: true}
	for i, b := range c.Brokers {
		at := "brokers[" + strconv.Itoa(i) + "]."
		if !label.MatchString(b.Name) {
			k.add(at+"name", fmt.Sprintf("the name %q is not possible", b.Name), "use 1 to 40 lower-case letters, digits or '-', starting and ending with a letter or digit")
		} else if names[b.Name] {
			k.add(at+"name", fmt.Sprintf("there is another broker %q", b.Name), "give each its own name; embedded is the NATS server in the daemon")
		}
		names[b.Name] = true
		k.oneOf(at+"kind", b.Kind, "nats", "kafka")
		k.brokerAddresses(at, b)
		k.brokerUser(at, b)
	}
	if c.TopicBroker != "" && !names[c.TopicBroker] {
		k.add("topicBroker", fmt.Sprintf("there is no broker %q", c.TopicBroker), "name one of brokers, or leave it empty for the NATS server in the daemon")
	}
}

func (k *checker) brokerAddresses(at string, b Broker) {
	if len(b.Addresses) == 0 {
		k.add(at+"addresses", "there is none", "give at least one")
	}
	for i, a := range b.Addresses {
		path := at + "addresses[" + strconv.Itoa(i) + "]"
		if b.Kind == "kafka" {
			if host, port, err := net.SplitHostPort(a); err != nil || host == "" || port == "" {
				k.add(path, fmt.Sprintf("%q is not an address", a), "use host:port, such as kafka.example.com:9093")
			}
			continue
		}
		u, err := url.Parse(a)
		if err != nil || u.Scheme != "nats" && u.Scheme != "tls" || u.Host == "" || u.User != nil {
			k.add(path, "this is not a URL of NATS without a password", "use nats://host:port or tls://host:port; the password is in passwordFile")
		}
	}
}

func (k *checker) brokerUser(at string, b Broker) {
	k.either(at+"passwordVariable", b.PasswordVariable, at+"passwordFile", b.PasswordFile)
	for key, file := range map[string]string{"passwordFile": b.PasswordFile, "credentialsFile": b.CredentialsFile, "caFile": b.CAFile, "certificateFile": b.CertificateFile, "keyFile": b.KeyFile} {
		k.token(at+key, file)
	}
	password := b.PasswordFile != "" || b.PasswordVariable != ""
	if (b.Username != "") != password {
		k.add(at+"username", "a user and a password go together", "give username, and passwordFile or passwordVariable; or neither")
	}
	if (b.CertificateFile != "") != (b.KeyFile != "") {
		k.add(at+"certificateFile", "a certificate and its key go together", "give certificateFile and keyFile, or neither")
	}
	mechanisms := []string{"", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}
	switch {
	case b.Kind == "nats" && b.Mechanism != "":
		k.add(at+"mechanism", "NATS has none", "leave it out")
	case b.Kind == "kafka" && !slices.Contains(mechanisms, b.Mechanism):
		k.add(at+"mechanism", fmt.Sprintf("%q is not possible", b.Mechanism), "use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
	case b.Kind == "kafka" && (b.Mechanism != "") != password:
		k.add(at+"mechanism", "a mechanism and a password go together", "give mechanism, username, and passwordFile or passwordVariable; or none of them")
	case b.Kind == "kafka" && b.CredentialsFile != "":
		k.add(at+"credentialsFile", "Kafka has none", "give mechanism, username and passwordFile")
	case b.CredentialsFile != "" && password:
		k.add(at+"credentialsFile", "there is a password as well", "leave one of the two out")
	}
}
