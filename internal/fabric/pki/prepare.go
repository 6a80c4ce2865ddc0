package pki

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// rootFile has the roots that clients of this machine trust.
const rootFile = "root.pem"

// RootPath returns the file with the roots, for clients to trust.
func (s *Service) RootPath() string { return filepath.Join(s.Folder, rootFile) }

// Prepare makes the authorities that are missing, adopts those of an installation that had
// them in files, and loads them. Of several processes at once one does.
func (s *Service) Prepare(ctx context.Context) error {
	if err := s.readable(); err != nil {
		return err
	}
	files, err := readFiles(s.Folder)
	if err != nil {
		return err
	}
	ctx = s.asPlatform(ctx)
	if err := s.inTurn(ctx, func(ctx context.Context, all []CA) error { return s.prepare(ctx, all, files) }); err != nil {
		return err
	}
	if err := files.forget(ctx, s); err != nil {
		return err
	}
	if err := s.Maintain(ctx); err != nil {
		return err
	}
	return s.Load(ctx)
}

// readable makes the folder where clients find the roots.
func (s *Service) readable() error {
	if s.Folder == "" {
		return nil
	}
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		return fmt.Errorf("open certificate authority: %w", err)
	}
	return nil
}

// asPlatform has what is done be the platform's.
func (s *Service) asPlatform(ctx context.Context) context.Context {
	return kernel.WithActor(ctx, kernel.System("pki", s.Home))
}

// inTurn changes authorities with nobody else doing so.
func (s *Service) inTurn(ctx context.Context, do func(ctx context.Context, all []CA) error) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Authorities.Hold(ctx); err != nil {
			return err
		}
		all, err := s.Authorities.All(ctx)
		if err != nil {
			return err
		}
		return do(ctx, all)
	})
}

func (s *Service) prepare(ctx context.Context, all []CA, f files) error {
	if len(ofKind(all, CARoot)) == 0 {
		if err := s.found(ctx, f); err != nil {
			return err
		}
	} else if err := s.checkZones(all); err != nil {
		return err
	}
	if len(ofKind(all, CAWorkloads)) == 0 {
		return s.foundWorkloads(ctx, f)
	}
	if w := ofKind(all, CAWorkloads, CAActive); len(w) > 0 && !slices.Equal(w[0].Zones, s.Zones[:1]) {
		return kernel.Errorf(kernel.Invalid, "the authority of workloads is of the zone %s, and the zone is %s", strings.Join(w[0].Zones, " "), s.Zones[0]).
			WithFix("set zone to %s, as it was", w[0].Zones[0])
	}
	return nil
}

// checkZones refuses zones that the authorities do not cover.
func (s *Service) checkZones(all []CA) error {
	for _, c := range ofKind(all, CARoot, CAActive) {
		if !c.covers(s.Zones) {
			return kernel.Errorf(kernel.Invalid, "the root certificate is for %s, and does not cover the zone %s", strings.Join(c.Zones, " "), strings.Join(s.Zones, " ")).
				WithFix("set zone to %s, as it was", c.Zones[0])
		}
	}
	return nil
}

// found makes the first root, or adopts that of a file, with the seed of domains.
func (s *Service) found(ctx context.Context, f files) error {
	now := s.Clock.Now()
	made, fact := f.root, "certificate-authority.adopted"
	if made.cert == nil {
		var err error
		if made, err = newRoot(s.Zones, now); err != nil {
			return err
		}
		fact = "certificate-authority.made"
	}
	root := s.newCA(CARoot, 1, CAActive, made.cert, now)
	root.Zones = made.cert.PermittedDNSDomains
	if !root.covers(s.Zones) {
		return s.checkZones([]CA{root})
	}
	if err := s.insert(ctx, root, made.key, fact); err != nil {
		return err
	}
	domains := s.newCA(CADomains, 1, CAActive, made.cert, now)
	seed, err := newSeed(domains.ID, made)
	if err != nil {
		return err
	}
	if domains.Sealed, err = s.Sealer.Seal(ctx, seed.secret, domains.associated()); err != nil {
		return err
	}
	if err := s.Authorities.Insert(ctx, domains); err != nil || root.direct() {
		return err
	}
	return s.addIntermediate(ctx, []CA{root}, root, made, now)
}

// foundWorkloads makes the first authority of workloads, or adopts those of files.
func (s *Service) foundWorkloads(ctx context.Context, f files) error {
	now, generation := s.Clock.Now(), int64(1)
	for _, cert := range f.trusted {
		if f.workloads.cert != nil && cert.Equal(f.workloads.cert) || !cert.NotAfter.After(now) {
			continue
		}
		c := s.newCA(CAWorkloads, generation, CAFormer, cert, now)
		c.Zones, c.CeasedAt = cert.PermittedURIDomains, now
		if err := s.Authorities.Insert(ctx, c); err != nil {
			return err
		}
		generation++
	}
	made, fact := f.workloads, "certificate-authority.adopted"
	if made.cert == nil {
		var err error
		if made, err = newWorkloads(s.Zones[0], now); err != nil {
			return err
		}
		fact = "certificate-authority.made"
	}
	c := s.newCA(CAWorkloads, generation, CAActive, made.cert, now)
	c.Zones = made.cert.PermittedURIDomains
	if !slices.Equal(c.Zones, s.Zones[:1]) {
		return kernel.Errorf(kernel.Invalid, "the authority of workloads in %s is of the zone %s, and the zone is %s", s.Folder, strings.Join(c.Zones, " "), s.Zones[0]).
			WithFix("set zone as it was, or move %s away: another one is made", signerFile)
	}
	return s.insert(ctx, c, made.key, fact)
}

// newCA is an authority of the service's zones.
func (s *Service) newCA(kind CAKind, generation int64, state CAState, cert *x509.Certificate, now time.Time) CA {
	return CA{ID: kernel.NewID("ca"), Kind: kind, Generation: generation, State: state, Zones: s.Zones, Cert: cert, CreatedAt: now}
}

// insert adds an authority with its key, and tells of it.
func (s *Service) insert(ctx context.Context, c CA, key *ecdsa.PrivateKey, fact string) error {
	if err := s.seal(ctx, &c, key); err != nil {
		return err
	}
	if err := s.Authorities.Insert(ctx, c); err != nil {
		return err
	}
	return s.tellOf(ctx, c, fact)
}

// tellOf records what happened to an authority.
func (s *Service) tellOf(ctx context.Context, c CA, fact string) error {
	data := map[string]any{"kind": string(c.Kind), "generation": c.Generation, "state": string(c.State), "name": c.Subject()}
	if c.Cert != nil {
		data["notAfter"] = c.Cert.NotAfter
	}
	if !c.SignsAt.IsZero() {
		data["signsAt"] = c.SignsAt
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: kernel.Scope{Tenant: s.Home}, Subject: c.ID, Data: data})
}

// addIntermediate makes an authority below a root whose key is open, certified by the roots
// that clients trust already as well. It signs when the root is in force.
func (s *Service) addIntermediate(ctx context.Context, all []CA, root CA, by keyed, now time.Time) error {
	key, err := newKey()
	if err != nil {
		return fmt.Errorf("make an intermediate: %w", err)
	}
	t, err := intermediateTemplate(root.Zones, &key.PublicKey, now)
	if err != nil {
		return err
	}
	cert, err := by.certify(t, &key.PublicKey)
	if err != nil {
		return err
	}
	c := s.newCA(CAIntermediate, nextGeneration(all, CAIntermediate), root.State, cert, now)
	c.Parent, c.Zones, c.SignsAt = root.ID, root.Zones, root.SignsAt
	if c.Crosses, err = s.crosses(ctx, all, root, cert, &key.PublicKey, now); err != nil {
		return err
	}
	return s.insert(ctx, c, key, "certificate-authority.made")
}

// crosses are certificates of an intermediate by the other roots that are trusted, so that
// clients that have only one of those verify what it signs.
func (s *Service) crosses(ctx context.Context, all []CA, root CA, cert *x509.Certificate, key *ecdsa.PublicKey, now time.Time) (out []*x509.Certificate, err error) {
	for _, other := range ofKind(all, CARoot, CAActive, CAFormer) {
		if other.ID == root.ID || other.direct() || len(other.Sealed) == 0 || !other.Cert.NotAfter.After(now) {
			continue
		}
		private, err := s.unseal(ctx, other)
		if err != nil {
			return nil, err
		}
		crossed, err := keyed{other.Cert, private}.cross(cert, key, now)
		if err != nil {
			return nil, err
		}
		out = append(out, crossed)
	}
	return out, nil
}

// publish writes the roots where clients of this machine find them.
func (s *Service) publish() error {
	content := s.authority.RootPEM()
	if s.Folder == "" || len(content) == 0 {
		return nil
	}
	if present, err := os.ReadFile(s.RootPath()); err == nil && slices.Equal(present, content) {
		return nil
	}
	if err := wholefile.Replace(s.RootPath(), content, 0o644); err != nil {
		return fmt.Errorf("tell clients the root certificate: %w", err)
	}
	return nil
}
