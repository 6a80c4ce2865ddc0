package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/dirhash"
)

// provide makes sure that the providers which the job needs and Terrace obtains
// are there, and pins them in the job's lock file.
func (r *Runner) provide(ctx context.Context, job Job, sink Sink) (Job, error) {
	if !needsAzurerm(job.Files) {
		return job, nil
	}
	say := func(line string) {
		if sink != nil {
			sink(Event{Time: time.Now(), Phase: PhaseInit, Level: "info", Type: "log", Message: line})
		}
	}
	mirror, err := InstallAzurerm(ctx, Options{Path: r.Tool.Path, DataDir: r.DataDir, Mirror: r.Mirror, Progress: say}, mirrorDir(r.DataDir))
	if err != nil {
		return job, err
	}
	host := registries()[r.Tool.Name]
	hash, err := r.hashes.of(azurermDir(mirror, host))
	if err != nil {
		return job, onDisk("read the provider azurerm", err)
	}
	job.azurerm, job.Files = mirror, maps.Clone(job.Files)
	job.Files[lockName] = withLock(job.Files[lockName], host+"/"+azurerm, hash)
	return job, nil
}

// needsAzurerm reports whether the root module names the provider.
func needsAzurerm(files map[string][]byte) bool {
	var root struct {
		Terraform struct {
			Providers map[string]struct {
				Source string `json:"source"`
			} `json:"required_providers"`
		} `json:"terraform"`
	}
	if json.Unmarshal(files["main.tf.json"], &root) != nil {
		return false
	}
	for _, provider := range root.Terraform.Providers {
		if provider.Source == azurerm {
			return true
		}
	}
	return false
}

// withLock adds a provider to a lock file, unless it names it.
func withLock(lock []byte, provider, hash string) []byte {
	if bytes.Contains(lock, fmt.Appendf(nil, "provider %q", provider)) {
		return lock
	}
	return fmt.Appendf(bytes.Clone(lock), "\nprovider %q {\n  version     = %q\n  constraints = %q\n  hashes = [\n    %q,\n  ]\n}\n",
		provider, AzurermVersion, AzurermVersion, hash)
}

// hashes are those of the providers' folders, which take a second to read.
type hashes struct {
	mu    sync.Mutex
	known map[string]string
}

// of returns the hash of a folder as lock files have it.
func (h *hashes) of(dir string) (string, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	key := dir + info.ModTime().String()
	h.mu.Lock()
	defer h.mu.Unlock()
	if hash, ok := h.known[key]; ok {
		return hash, nil
	}
	hash, err := dirhash.HashDir(dir, "", dirhash.Hash1)
	if err == nil {
		h.known[key] = hash
	}
	return hash, err
}
