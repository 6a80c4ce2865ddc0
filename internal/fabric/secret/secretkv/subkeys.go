package secretkv

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// subkeys tells the keys of a secret, as deep as is asked, without any value: of who may read
// it, as a read.
func (h Handler) subkeys(r *http.Request) (reply, error) {
	depth := 0
	if text := r.URL.Query().Get("depth"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return reply{}, kernel.Errorf(kernel.Invalid, "depth %.20q is no depth", text)
		}
		depth = n
	}
	out, err := h.read(r)
	said, ok := out.data.(map[string]any)
	if err != nil || !ok {
		return out, err
	}
	var keys any
	if data, ok := said["data"].(secret.Data); ok {
		all := map[string]any{}
		for key, raw := range data {
			var value any
			if err := json.Unmarshal(raw, &value); err != nil {
				return reply{}, kernel.Errorf(kernel.Internal, "a secret is not what was written")
			}
			all[key] = keysOf(value, depth-1, depth > 0)
		}
		keys = all
	}
	return reply{status: out.status, data: map[string]any{"subkeys": keys, "metadata": said["metadata"]}}, nil
}

// keysOf are the keys of a value, nil for what has none or is deeper than is asked.
func keysOf(value any, depth int, bounded bool) any {
	object, ok := value.(map[string]any)
	if !ok || len(object) == 0 || bounded && depth == 0 {
		return nil
	}
	keys := make(map[string]any, len(object))
	for key, inner := range object {
		keys[key] = keysOf(inner, depth-1, bounded)
	}
	return keys
}
