package runner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	modulesName  = "modules"
	manifestName = "modules.json"
	// modulesDir is where a root module's manifest has its modules.
	modulesDir = dataName + "/" + modulesName + "/"
)

// manifest is what init writes of the modules that it installed. It is a format
// of the tool's own: one that is not known is not touched.
type manifest struct {
	Modules []installed `json:"Modules"`
}

// installed is one module, or one within another.
type installed struct {
	// Key is the path of calls to it, such as a or a.b; "" is the root module.
	Key     string `json:"Key"`
	Source  string `json:"Source"`
	Version string `json:"Version,omitempty"`
	Dir     string `json:"Dir"`
}

// readManifest reads the manifest in a folder of modules.
func readManifest(modules string) (m manifest, err error) {
	raw, err := os.ReadFile(filepath.Join(modules, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return manifest{}, nil // there are no modules
	}
	if err != nil {
		return manifest{}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return manifest{}, fmt.Errorf("the manifest of modules is not understood: %w", err)
	}
	return m, nil
}

// renamed is what a root module needs of the modules of another one, which
// calls the same by other names.
type renamed struct {
	manifest

	// packages are the folders of modules, of the other by its own.
	packages map[string]string
}

// under returns what a root module with the wanted calls needs of the manifest,
// which was made for others.
func (m manifest) under(wanted, made calls) (renamed, error) {
	names := map[pin]string{}
	for name, p := range made {
		names[p] = name
	}
	r := renamed{packages: map[string]string{}}
	for _, i := range m.Modules {
		if i.Key == "" {
			r.Modules = append(r.Modules, i)
		}
	}
	for to, p := range wanted {
		from, ok := names[p]
		if !ok {
			return renamed{}, fmt.Errorf("the module of the call %s is not installed", to)
		}
		if err := r.add(m, from, to); err != nil {
			return renamed{}, err
		}
	}
	return r, nil
}

// add adds the module that is called from, with those within it, as that of a
// call named to.
func (r *renamed) add(m manifest, from, to string) error {
	found := false
	for _, i := range m.Modules {
		key, ok := strings.CutPrefix(i.Key, from)
		if !ok || key != "" && key[0] != '.' {
			continue
		}
		dir, ok := strings.CutPrefix(i.Dir, modulesDir+from)
		if !ok || dir != "" && dir[0] != '.' && dir[0] != '/' {
			return fmt.Errorf("the module %s is installed in %s", i.Key, i.Dir)
		}
		i.Key, i.Dir = to+key, modulesDir+to+dir
		inner, _, _ := strings.Cut(dir, "/")
		r.packages[to+inner] = from + inner
		r.Modules = append(r.Modules, i)
		found = found || key == ""
	}
	if !found {
		return fmt.Errorf("the module of the call %s is not installed", from)
	}
	return nil
}

// linkModules makes the folder of modules into for a root module from the one of
// another.
func linkModules(dir, into string, wanted, made calls) error {
	m, err := readManifest(dir)
	if err != nil {
		return err
	}
	r, err := m.under(wanted, made)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(r.manifest)
	if err != nil {
		return err
	}
	if err := os.Mkdir(into, 0o700); err != nil {
		return err
	}
	for to, from := range r.packages {
		if err := os.Symlink(filepath.Join(dir, from), filepath.Join(into, to)); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(into, manifestName), raw, 0o600)
}
