package local

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// volumePlane keeps volumes as folders.
type volumePlane struct {
	passive

	dir string
}

func (p *volumePlane) path(k Key) string {
	return filepath.Join(scopeDir(p.dir, "volumes", k.Scope), k.Name)
}

func (p *volumePlane) check(k Key, spec json.RawMessage) error {
	_, err := decode[emptySpec](k, spec)
	return err
}

func (p *volumePlane) apply(_ context.Context, k Key, _ json.RawMessage, _ *Object) (change, error) {
	path := p.path(k)
	err := diskError("make the folder of "+k.String(), os.MkdirAll(path, 0o700))
	return change{outputs: Outputs{"path": path}}, err
}

func (p *volumePlane) observe(_ context.Context, o Object) (Object, bool, error) {
	_, err := os.Stat(p.path(o.Key))
	return o, errors.Is(err, fs.ErrNotExist), nil
}

func (p *volumePlane) remove(_ context.Context, o Object) error {
	return diskError("remove the folder of "+o.Key.String(), os.RemoveAll(p.path(o.Key)))
}
