// Package export puts all that a tenant has into one archive: a zip with a manifest that
// names each file with its SHA-256.
//
// It owns the archive, its manifest, and who may have one. It does not own what is in it:
// a Source of each kind of thing writes that. What is secret is in it only encrypted, for
// a recipient whom the caller names.
package export

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The actions that the service asks permission for; the latter two where what is secret is
// wanted, too.
const (
	ActionExport  = "tenant.export"
	actionSecrets = "secret.read"
	actionStates  = "state.read"
)

// mostRecipients bounds for how many an archive is encrypted.
const mostRecipients = 20

// Source writes what there is of one kind.
type Source interface {
	Write(ctx context.Context, tenant string, to *Archive) error
}

// Authorizer decides whether the actor of ctx may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Journal takes facts.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Config is what a Service is made of.
type Config struct {
	Sources    []Source
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	// Home is the tenant of who runs the platform: its log tells of archives of others, too.
	Home  string
	Clock kernel.Clock
}

// Service makes archives.
type Service struct{ Config }

// New returns a service.
func New(c Config) *Service { return &Service{Config: c} }

// Export is an archive that is about to be written.
type Export struct {
	service    *Service
	tenant     string
	names      []string
	recipients []age.Recipient
}

// Written is what came of an archive.
type Written struct {
	Manifest Manifest
	// Digest is that of the whole archive, Size its bytes.
	Digest kernel.Digest
	Size   int64
}

// Begin begins an archive of the scope's tenant, and records who has it made and for whom
// it is encrypted. Without recipients what is secret is left out.
func (s *Service) Begin(ctx context.Context, scope kernel.Scope, recipients []string) (*Export, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if actor, ok := kernel.ActorFrom(ctx); ok && actor.Kind == kernel.ActorUser && actor.Tenant != scope.Tenant {
		return nil, kernel.Errorf(kernel.NotFound, "you are of the tenant %s, and see no other", actor.Tenant).
			WithFix("have an admin of the tenant itself make the archive; where it leaves, terrace tenant archive fetches the one that was kept")
	}
	actions := []string{ActionExport}
	if len(recipients) > 0 {
		actions = append(actions, actionSecrets, actionStates)
	}
	for _, action := range actions {
		if err := s.Authorizer.Authorize(ctx, action, scope); err != nil {
			return nil, err
		}
	}
	x := &Export{service: s, tenant: scope.Tenant, names: recipients}
	var err error
	if x.recipients, err = parse(recipients); err != nil {
		return nil, err
	}
	if recipients == nil {
		x.names = []string{}
	}
	return x, s.Tx.InTx(ctx, func(ctx context.Context) error {
		f := kernel.Fact{Type: "tenant.exported", Scope: scope, Subject: scope.Tenant, Data: map[string]any{"tenant": scope.Tenant, "recipients": x.names}}
		if err := s.Journal.Record(ctx, f); err != nil || scope.Tenant == s.Home {
			return err
		}
		f.Scope = kernel.Scope{Tenant: s.Home}
		return s.Journal.Record(ctx, f)
	})
}

// Check refuses recipients for whom no archive can be encrypted.
func (*Service) Check(recipients []string) error {
	_, err := parse(recipients)
	return err
}

func parse(recipients []string) ([]age.Recipient, error) {
	if len(recipients) > mostRecipients {
		return nil, kernel.Errorf(kernel.Invalid, "an archive is encrypted for at most %d recipients", mostRecipients)
	}
	out := make([]age.Recipient, len(recipients))
	for i, text := range recipients {
		// A secret key that was given by mistake is not repeated.
		r, err := age.ParseX25519Recipient(strings.TrimSpace(text))
		if err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "the archive is not possible").WithProblems(kernel.Problem{
				Path: fmt.Sprintf("recipients[%d]", i), Message: "it is no public key of age", Fix: "give the line that begins with age1, as age-keygen prints it",
			})
		}
		out[i] = r
	}
	return out, nil
}

// Write writes the archive. What is changed meanwhile may be in one of its files and not
// yet in another. One that is cut off has no manifest.
func (x *Export) Write(ctx context.Context, w io.Writer) (Written, error) {
	whole := &counted{to: w, hash: sha256.New()}
	a := &Archive{
		zip: zip.NewWriter(whole), recipients: x.recipients, names: map[string]bool{ManifestFile: true},
		manifest: Manifest{Format: Format, Version: Version, Tenant: x.tenant, CreatedAt: x.service.Clock.Now().UTC(), Recipients: x.names, Files: []File{}},
	}
	for _, s := range x.service.Sources {
		if err := s.Write(ctx, x.tenant, a); err != nil {
			return Written{}, fmt.Errorf("export %s: %w", x.tenant, err)
		}
	}
	m := a.manifest
	delete(a.names, ManifestFile)
	if err := a.AddJSON(ManifestFile, m); err != nil {
		return Written{}, err
	}
	if err := a.zip.Close(); err != nil {
		return Written{}, fmt.Errorf("export %s: %w", x.tenant, err)
	}
	return Written{Manifest: m, Digest: kernel.Digest("sha256:" + hex.EncodeToString(whole.hash.Sum(nil))), Size: whole.size}, nil
}
