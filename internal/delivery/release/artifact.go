package release

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"regexp"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxPacked is the largest size in bytes of an artifact as it is uploaded.
const MaxPacked = 256 << 20

// PutArtifact reads an artifact, checks that it is a gzip-compressed tar
// archive that can be unpacked safely, and keeps it under its digest. The same
// content again changes nothing.
func (s *Service) PutArtifact(ctx context.Context, scope kernel.Scope, r io.Reader) (Artifact, error) {
	scope = scope.InProject(scope.Project)
	if err := s.c.Authorizer.Authorize(ctx, ActionUpload, scope); err != nil {
		return Artifact{}, err
	}
	u, err := s.spool(r)
	if err != nil {
		return Artifact{}, err
	}
	defer u.remove()
	if err := u.check(ctx); err != nil {
		return Artifact{}, err
	}
	a := Artifact{Digest: u.digest(), Size: u.size}
	if known, err := s.c.Store.Artifact(ctx, scope, a.Digest); err == nil {
		return known, nil
	}
	if err := s.c.Blobs.Put(ctx, blobKey(a.Digest), u.file); err != nil {
		return Artifact{}, fmt.Errorf("keep artifact: %w", err)
	}
	return a, s.recordArtifact(ctx, scope, a)
}

func (s *Service) recordArtifact(ctx context.Context, scope kernel.Scope, a Artifact) error {
	actor, _ := kernel.ActorFrom(ctx)
	return s.c.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.c.Store.PutArtifact(ctx, scope, a, actor.Name, s.c.Clock.Now()); err != nil {
			return err
		}
		return s.c.Journal.Record(ctx, kernel.Fact{
			Type: "artifact.uploaded", Scope: scope, Subject: string(a.Digest), Data: map[string]any{"size": a.Size},
		})
	})
}

// Artifact returns the record of an artifact of the project; NotFound when it
// was not uploaded there.
func (s *Service) Artifact(ctx context.Context, scope kernel.Scope, digest kernel.Digest) (Artifact, error) {
	scope = scope.InProject(scope.Project)
	if err := s.c.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return Artifact{}, err
	}
	return s.c.Store.Artifact(ctx, scope, digest)
}

// OpenArtifact opens the content of an artifact, which the caller closes. It
// is for the parts of Terrace that run it and asks no permission.
func (s *Service) OpenArtifact(ctx context.Context, digest kernel.Digest) (io.ReadCloser, error) {
	if !digestPattern.MatchString(string(digest)) {
		return nil, kernel.Errorf(kernel.Invalid, "%q is not a digest", digest)
	}
	return s.c.Blobs.Get(ctx, blobKey(digest))
}

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func blobKey(d kernel.Digest) string { return "artifacts/" + d.Hex() + ".tar.gz" }

// upload is an artifact in a temporary file.
type upload struct {
	file *os.File
	hash hash.Hash
	size int64
}

// spool copies the upload to a temporary file, within its bound.
func (s *Service) spool(r io.Reader) (*upload, error) {
	if err := os.MkdirAll(s.c.Spool, 0o700); err != nil {
		return nil, fmt.Errorf("spool artifact: %w", err)
	}
	file, err := os.CreateTemp(s.c.Spool, "artifact-*")
	if err != nil {
		return nil, fmt.Errorf("spool artifact: %w", err)
	}
	u := &upload{file: file, hash: sha256.New()}
	u.size, err = io.Copy(io.MultiWriter(file, u.hash), io.LimitReader(r, MaxPacked+1))
	if err != nil {
		u.remove()
		return nil, fmt.Errorf("read artifact: %w", err)
	}
	if u.size > MaxPacked {
		u.remove()
		return nil, kernel.Errorf(kernel.TooLarge, "the artifact is larger than the %d MiB allowed", MaxPacked>>20).
			WithFix("leave out what the program does not need to run")
	}
	return u, nil
}

func (u *upload) digest() kernel.Digest {
	return kernel.Digest("sha256:" + hex.EncodeToString(u.hash.Sum(nil)))
}

// check checks the archive and leaves the file at its start.
func (u *upload) check(ctx context.Context) error {
	if _, err := u.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read artifact: %w", err)
	}
	if err := checkArchive(ctx, u.file); err != nil {
		return err
	}
	_, err := u.file.Seek(0, io.SeekStart)
	return err
}

func (u *upload) remove() {
	_ = u.file.Close()
	_ = os.Remove(u.file.Name())
}
