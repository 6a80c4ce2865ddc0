package modulesql

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/terrace-idp/terrace/internal/delivery/module"
)

const (
	// maxDecoded bounds how many texts are remembered.
	maxDecoded = 256
	// maxText bounds the bytes of one that is: longer ones are decoded each time.
	maxText = 32 << 10
)

// portsText is what a row has of a version's inputs and outputs.
type portsText struct{ inputs, outputs string }

// ports are a version's inputs and outputs.
type ports struct {
	inputs  []module.Input
	outputs []module.Output
}

// decoded remembers what texts mean. It goes by the text itself: what a row has is
// read each time, so that nothing here can be out of date.
type decoded struct {
	mu    sync.Mutex
	known map[portsText]ports
}

func newDecoded() *decoded { return &decoded{known: map[portsText]ports{}} }

// of returns what the text means, which is the caller's own.
func (d *decoded) of(text portsText) (ports, error) {
	d.mu.Lock()
	p, ok := d.known[text]
	d.mu.Unlock()
	if ok {
		return p.clone(), nil
	}
	p, err := text.decode()
	if err == nil && len(text.inputs)+len(text.outputs) <= maxText {
		d.remember(text, p.clone())
	}
	return p, err
}

// remember forgets all when there are too many: those in use are soon known again.
func (d *decoded) remember(text portsText, p ports) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxDecoded {
		clear(d.known)
	}
	d.known[text] = p
}

func (p ports) clone() ports { return ports{slices.Clone(p.inputs), slices.Clone(p.outputs)} }

func (t portsText) decode() (ports, error) {
	var p ports
	if err := json.Unmarshal([]byte(t.inputs), &p.inputs); err != nil {
		return ports{}, fmt.Errorf("inputs: %w", err)
	}
	if err := json.Unmarshal([]byte(t.outputs), &p.outputs); err != nil {
		return ports{}, fmt.Errorf("outputs: %w", err)
	}
	return p, nil
}
