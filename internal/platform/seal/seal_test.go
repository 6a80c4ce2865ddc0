package seal_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gocloud.dev/secrets"
	"gocloud.dev/secrets/localsecrets"
	"pgregory.net/rapid"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

func open(t testing.TB, c seal.Config) *seal.Sealer {
	t.Helper()
	s, err := seal.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func keyFile(t testing.TB) string {
	return "file://" + filepath.Join(t.TempDir(), "keys", "kek.key")
}

func TestSealedDataOpensOnlyWhereItBelongs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := open(t, seal.Config{URL: keyFile(t)})
	plain, place := []byte("a database password"), []byte("secrets/default/demo/dev/db/1")
	sealed, err := s.Seal(ctx, plain, place)
	if err != nil || bytes.Contains(sealed, plain) {
		t.Fatalf("%q, %v", sealed, err)
	}
	if got, err := s.Open(ctx, sealed, place); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("%q, %v", got, err)
	}
	for _, other := range []string{"secrets/default/demo/prod/db/1", "", string(place) + "0"} {
		if got, err := s.Open(ctx, sealed, []byte(other)); err == nil {
			t.Errorf("opened for %q: %q", other, got)
		}
	}
	for i := range sealed { // every single byte is protected
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if got, err := s.Open(ctx, bad, place); err == nil {
			t.Errorf("opened with byte %d altered: %q", i, got)
		}
		if got, err := s.Open(ctx, sealed[:i], place); err == nil {
			t.Errorf("opened when cut at %d: %q", i, got)
		}
	}
	again, err := s.Seal(ctx, plain, place)
	if err != nil || bytes.Equal(again, sealed) {
		t.Errorf("sealing twice gave the same bytes, %v", err)
	}
}

func TestRoundTripOfAnything(t *testing.T) {
	t.Parallel()
	s := open(t, seal.Config{URL: keyFile(t)})
	rapid.Check(t, func(t *rapid.T) {
		plain, place := rapid.SliceOf(rapid.Byte()).Draw(t, "plain"), rapid.SliceOf(rapid.Byte()).Draw(t, "place")
		sealed, err := s.Seal(context.Background(), plain, place)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Open(context.Background(), sealed, place); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%x, %v", got, err)
		}
	})
}

func TestTheKeyFileIsMadeOnceAndPrivate(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	location := keyFile(t)
	sealers := make([]*seal.Sealer, 8)
	var wg sync.WaitGroup
	for i := range sealers {
		wg.Go(func() { sealers[i], _ = seal.Open(ctx, seal.Config{URL: location}) })
	}
	wg.Wait()
	sealed, err := sealers[0].Seal(ctx, []byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sealers {
		if _, err := s.Open(ctx, sealed, nil); err != nil {
			t.Errorf("a process that started at the same time has another key: %v", err)
		}
	}
	path := strings.TrimPrefix(location, "file://")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info, err)
	}
	if err := os.WriteFile(path, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(ctx, seal.Config{URL: location}); err == nil {
		t.Error("a damaged key file was accepted or replaced")
	}
}

func TestFormerKeysStillOpen(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	before, after := keyFile(t), keyFile(t)
	former := open(t, seal.Config{URL: before})
	sealed, err := former.Seal(ctx, []byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	rotated := open(t, seal.Config{URL: after, Former: []string{before}})
	if got, err := rotated.Open(ctx, sealed, nil); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
	if former.PrimaryKeyID() == rotated.PrimaryKeyID() {
		t.Error("another key has the same id")
	}
	if _, err := open(t, seal.Config{URL: after}).Open(ctx, sealed, nil); !kernel.Is(err, kernel.Unavailable) {
		t.Errorf("without the former key: %v", err)
	}
}

func TestDataKeysAge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := open(t, seal.Config{URL: keyFile(t), Clock: func() time.Time { return now }})
	head := func() string {
		sealed, err := s.Seal(t.Context(), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(sealed[:60])
	}
	first := head()
	if head() != first {
		t.Error("a new data key for every call")
	}
	if now = now.Add(25 * time.Hour); head() == first {
		t.Error("the data key never changes")
	}
}

func TestAKeyServiceThatIsAway(t *testing.T) {
	t.Parallel()
	away := errors.New("connection refused")
	openers := map[string]seal.Opener{"cloud": func(_ context.Context, u *url.URL) (*secrets.Keeper, string, error) {
		if u.Host == "away" {
			return nil, "", away
		}
		return localsecrets.NewKeeper([32]byte{1}), "cloud-" + u.Host, nil
	}}
	if _, err := seal.Open(t.Context(), seal.Config{URL: "cloud://away", Openers: openers}); !errors.Is(err, away) {
		t.Errorf("error %v", err)
	}
	if id := open(t, seal.Config{URL: "cloud://here", Openers: openers}).PrimaryKeyID(); id != "cloud-here" {
		t.Errorf("id %q", id)
	}
	_, err := seal.Open(t.Context(), seal.Config{URL: "nowhere://c2VjcmV0"})
	if err == nil || strings.Contains(err.Error(), "c2VjcmV0") || !strings.Contains(err.Error(), "file") {
		t.Errorf("error %v", err)
	}
}
