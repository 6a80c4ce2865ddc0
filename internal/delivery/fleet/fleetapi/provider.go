package fleetapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
)

// digestOf reads the program anew: it may have been replaced.
func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the provider: %w", err)
	}
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	return hex.EncodeToString(hash.Sum(nil)), errors.Join(err, f.Close())
}

func (a API) provider(w http.ResponseWriter, _ *http.Request, _ fleet.Runner) error {
	f, err := os.Open(a.Provider)
	if err != nil {
		return fmt.Errorf("read the provider: %w", err)
	}
	defer func() { _ = f.Close() }()
	w.Header().Set("Content-Type", "application/octet-stream")
	if info, err := f.Stat(); err == nil {
		w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	}
	_, _ = io.Copy(w, f) // the runner may have left, and checks the digest
	return nil
}
