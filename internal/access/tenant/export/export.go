// Package export puts all that a tenant has into one archive: a zip with a manifest that
// names each file with its SHA-256.
//
// It owns the archive, its manifest, and who may have one. It does not own what is in it:
// a Source of each kind of thing writes that. What is secret is in it only encrypted, for
// a recipient whom the caller names.
//
// An archive for one who may not look into it, as that of a tenant that leaves, is encrypted
// whole, but for its manifest.
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

// ActionExport is the action of who has an archive made.
const ActionExport = "tenant.export"

// sealedActions are asked for, too, where what is encrypted is wanted: what is in it could
// be read by them one by one.
func sealedActions() []string {
	return []string{"secret.read", "state.read", "repo.read", "release.read", "run.read"}
}

// What an archive may be without.
const (
	// Artifacts are those of workloads, and the archives of modules.
	Artifacts = "artifacts"
	// Logs are those of runs.
	Logs = "logs"
)

// Wanted says what an archive is to have.
type Wanted struct {
	// Recipients are public keys of age; without one what is secret is left out.
	Recipients []string
	// Without has what is left out: Artifacts, Logs.
	Without []string
	// Whole has everything but the manifest encrypted.
	Whole bool
}

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
	wanted     Wanted
}

// Written is what came of an archive.
type Written struct {
	Manifest Manifest
	// Digest is that of the whole archive, Size its bytes.
	Digest kernel.Digest
	Size   int64
}

// Begin begins an archive of the scope's tenant, and records who has it made and for whom
// it is encrypted.
func (s *Service) Begin(ctx context.Context, scope kernel.Scope, wanted Wanted) (*Export, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if actor, ok := kernel.ActorFrom(ctx); ok && actor.Kind == kernel.ActorUser && actor.Tenant != scope.Tenant {
		return nil, kernel.Errorf(kernel.NotFound, "you are of the tenant %s, and see no other", actor.Tenant).
			WithFix("have an admin of the tenant itself make the archive; where it leaves, terrace tenant archive fetches the one that was kept")
	}
	if err := s.may(ctx, scope, len(wanted.Recipients) > 0); err != nil {
		return nil, err
	}
	x := &Export{service: s, tenant: scope.Tenant, names: wanted.Recipients, wanted: wanted}
	var err error
	if x.recipients, err = parse(wanted.Recipients); err != nil {
		return nil, err
	}
	if x.names == nil {
		x.names = []string{}
	}
	if wanted.Whole && len(x.recipients) == 0 {
		return nil, kernel.Errorf(kernel.Internal, "an archive that is encrypted whole needs a recipient")
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

// may asks whether the actor of ctx may have an archive, with what is encrypted where sealed.
func (s *Service) may(ctx context.Context, scope kernel.Scope, sealed bool) error {
	actions := []string{ActionExport}
	if sealed {
		actions = append(actions, sealedActions()...)
	}
	for _, action := range actions {
		if err := s.Authorizer.Authorize(ctx, action, scope); err != nil {
			return err
		}
	}
	return nil
}

// Check refuses recipients for whom no archive can be encrypted, and who of a tenant may not
// name them.
func (s *Service) Check(ctx context.Context, tenant string, recipients []string) error {
	if err := s.may(ctx, kernel.Scope{Tenant: tenant}, true); err != nil {
		return err
	}
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
		zip: zip.NewWriter(whole), recipients: x.recipients, wanted: x.wanted, names: map[string]bool{ManifestFile: true},
		manifest: Manifest{Format: Format, Version: Version, Tenant: x.tenant, CreatedAt: x.service.Clock.Now().UTC(), Recipients: x.names, Files: []File{}},
	}
	for _, s := range x.service.Sources {
		if err := s.Write(ctx, x.tenant, a); err != nil {
			return Written{}, fmt.Errorf("export %s: %w", x.tenant, err)
		}
	}
	m := a.manifest
	delete(a.names, ManifestFile)
	if err := a.addManifest(m); err != nil {
		return Written{}, err
	}
	if err := a.zip.Close(); err != nil {
		return Written{}, fmt.Errorf("export %s: %w", x.tenant, err)
	}
	return Written{Manifest: m, Digest: kernel.Digest("sha256:" + hex.EncodeToString(whole.hash.Sum(nil))), Size: whole.size}, nil
}
