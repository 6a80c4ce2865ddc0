package vaultcert

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Way is how a certificate comes into a vault, or out of it.
type Way string

// The ways.
const (
	// Issue has the vault make a key, and Terrace's authority certify it.
	Issue Way = "issue"
	// Copy imports the certificate that a domain has of its own, with its key.
	Copy Way = "copy"
	// Follow has a domain show the vault's certificate, and each that comes in its place.
	Follow Way = "follow"
)

// Ways returns all of them.
func Ways() []Way { return []Way{Issue, Copy, Follow} }

// State is how far a certificate is.
type State string

// The states.
const (
	// InStep: both sides have the same.
	InStep State = "in-step"
	// Waiting: it is still to be done.
	Waiting State = "waiting"
	// Failed: it could not be done, for the reason that is told, and is tried again.
	Failed State = "failed"
	// Conflict: the other side has what would be destroyed; somebody decides.
	Conflict State = "conflict"
)

// States returns all of them.
func States() []State { return []State{InStep, Waiting, Failed, Conflict} }

const (
	// DefaultLife is how long an issued certificate is valid unless something else is said.
	DefaultLife = 30 * 24 * time.Hour
	// MinLife leaves time to renew before the end, MaxLife is what the authority allows.
	MinLife = time.Hour
	MaxLife = 90 * 24 * time.Hour
	// MaxOfStage is how many certificates a stage has at most.
	MaxOfStage = 200
	// maxHosts is how many names a certificate has at most.
	maxHosts = 100
)

// Settings are what people say of a certificate.
type Settings struct {
	Way Way `json:"way"`
	// Hosts are the names that are certified, of Issue alone.
	Hosts []string `json:"hosts,omitempty"`
	// Life is how long each is valid, of Issue alone.
	Life time.Duration `json:"life,omitempty"`
	// Domain is whose certificate it is, of Copy and Follow.
	Domain string `json:"domain,omitempty"`
}

// Certificate is one of a stage's vault, and how far it is.
type Certificate struct {
	Scope kernel.Scope `json:"-"`
	// Name is the one that it has in the vault.
	Name string `json:"-"`
	Settings

	// Claim is which claim of the domain was meant: one that it was claimed anew with is another's
	// to decide about.
	Claim  string    `json:"claim,omitempty"`
	SetBy  string    `json:"setBy"`
	SetAt  time.Time `json:"setAt"`
	State  State     `json:"state"`
	Reason string    `json:"reason,omitempty"`
	Fix    string    `json:"fix,omitempty"`
	// Vault is the address of the one that it was last in.
	Vault string `json:"vault,omitempty"`
	// Version is the vault's, Serial and Fingerprint (SHA-256) those of the certificate, in hex.
	Version     string `json:"version,omitempty"`
	Serial      string `json:"serial,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	// NotAfter is when it ends, and RenewAt when Terrace replaces one that it has issued.
	NotAfter time.Time `json:"notAfter,omitzero"`
	RenewAt  time.Time `json:"renewAt,omitzero"`
	// Checked is when both sides were last compared.
	Checked time.Time `json:"checked,omitzero"`
	// Tried is when it was last worked on, whatever came of it.
	Tried time.Time `json:"tried,omitzero"`
	// Failures counts how often in a row it could not be done.
	Failures int `json:"failures,omitempty"`
	// Unmerged is a chain, as DER and the leaf first, that the vault has not taken yet.
	Unmerged [][]byte `json:"unmerged,omitempty"`
	// Leaving is the fingerprint of what the vault was given with its key, and of which that is
	// not told yet: a process may end between.
	Leaving string `json:"leaving,omitempty"`
	// Due is when there is something to do.
	Due time.Time `json:"-"`
	// Revision grows with each change: who has an older one writes nothing any more.
	Revision int64 `json:"-"`
}

// address is where a certificate lies.
func (c Certificate) address() string { return c.Vault + "/certificates/" + c.Name }

// vaultName are the names that certificates have in a vault, which takes no case into account.
var vaultName = regexp.MustCompile(`^[0-9a-z-]{1,127}$`)

func checkName(name string) error {
	if vaultName.MatchString(name) {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "%q is no name of a certificate in a key vault", name).WithFix("use up to 127 small letters of ASCII, digits and hyphens")
}

// complete fills in what is not said, and refuses what does not go together.
func (w Settings) complete() (Settings, error) {
	var problems []kernel.Problem
	wrong := func(path, message, fix string) {
		problems = append(problems, kernel.Problem{Path: path, Message: message, Fix: fix})
	}
	switch w.Way {
	case Issue:
		if len(w.Hosts) == 0 || len(w.Hosts) > maxHosts {
			wrong("hosts", "a certificate that is issued is for 1 to 100 hosts", "name its hosts")
		}
		if w.Life == 0 {
			w.Life = DefaultLife
		}
		if w.Life < MinLife || w.Life > MaxLife {
			wrong("life", "a certificate in a vault is valid from 1h to 90 days", "give another life")
		}
		if w.Domain != "" {
			wrong("domain", "a certificate that is issued is for hosts", "leave the domain out, or use copy or follow")
		}
	case Copy, Follow:
		if w.Domain == "" {
			wrong("domain", "it is not said whose certificate it is", "name a domain")
		}
		if len(w.Hosts) > 0 || w.Life != 0 {
			wrong("hosts", "what a domain's own certificate is for, and until when, its issuer says", "leave hosts and life out")
		}
	default:
		wrong("way", "this is no way", "use issue, copy or follow")
	}
	w.Hosts = once(w.Hosts)
	if len(problems) > 0 {
		return w, kernel.Errorf(kernel.Invalid, "this certificate cannot be kept in a vault").WithProblems(problems...)
	}
	return w, nil
}

// once are hosts in lower case and their order, each once.
func once(hosts []string) (all []string) {
	for _, host := range hosts {
		if host = strings.ToLower(host); !slices.Contains(all, host) {
			all = append(all, host)
		}
	}
	return all
}
