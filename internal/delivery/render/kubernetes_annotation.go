package render

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// The annotations that the runtime kubernetes knows, beside StartTimeout.
const (
	MinReplicas  = "terrace.dev/min-replicas"
	MaxReplicas  = "terrace.dev/max-replicas"
	CPUTarget    = "terrace.dev/cpu-target"
	RunAsUser    = "terrace.dev/run-as-user"
	WritableRoot = "terrace.dev/writable-root"
	// Capabilities lists capabilities of Linux that containers need, joined by commas.
	Capabilities = "terrace.dev/capabilities"
	// Egress lists ranges of addresses that the pods call, joined by commas:
	// 203.0.113.0/24, or 203.0.113.7/32:443.
	Egress = "terrace.dev/egress"
)

// scaling reads how many pods there are.
func (b *clusterBuilder) scaling() map[string]any {
	out := map[string]any{}
	for key, limit := range map[string]struct {
		annotation string
		most       int
	}{"min": {MinReplicas, 1000}, "max": {MaxReplicas, 1000}, "cpu": {CPUTarget, 100}} {
		if n, ok := b.number(limit.annotation, 1, limit.most); ok {
			out[key] = n
		}
	}
	low, hasLow := out["min"].(int)
	if high, ok := out["max"].(int); ok && hasLow && high < low {
		b.annotationProblem(MaxReplicas, fmt.Sprintf("%d is less than the %d of %s", high, low, MinReplicas), "raise it")
	}
	return out
}

func (b *clusterBuilder) number(annotation string, least, most int) (int, bool) {
	text := strings.TrimSpace(b.in.Workload.Annotations[annotation])
	if text == "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		b.annotationProblem(annotation, fmt.Sprintf("%q is no number from %d to %d", text, least, most), "write a whole number")
		return 0, false
	}
	return n, true
}

var capabilityPattern = regexp.MustCompile(`^[A-Z][A-Z_]*$`)

// security reads what is to be looser than usual.
func (b *clusterBuilder) security() map[string]any {
	out := map[string]any{}
	if user, ok := b.number(RunAsUser, 1, 1<<31-1); ok {
		out["user"] = user
	}
	switch text := strings.TrimSpace(b.in.Workload.Annotations[WritableRoot]); text {
	case "":
	case "true", "false":
		out["writable_root"] = text == "true"
	default:
		b.annotationProblem(WritableRoot, fmt.Sprintf("%q is neither true nor false", text), `write "true" or "false"`)
	}
	if names := b.list(Capabilities); len(names) > 0 {
		for _, name := range names {
			if !capabilityPattern.MatchString(name) {
				b.annotationProblem(Capabilities, fmt.Sprintf("%q is no capability", name), "write it as NET_BIND_SERVICE")
			}
		}
		out["capabilities"] = escapeList(names)
	}
	return out
}

func (b *clusterBuilder) egress() []any {
	ranges := b.list(Egress)
	for _, text := range ranges {
		network, after, _ := strings.Cut(text, "/")
		bits, _, _ := strings.Cut(after, ":")
		if _, err := netip.ParsePrefix(network + "/" + bits); err != nil {
			b.annotationProblem(Egress, fmt.Sprintf("%q is no range of addresses", text), "write 203.0.113.0/24, or 203.0.113.7/32:443")
		}
	}
	return escapeList(ranges)
}

// list returns the words of an annotation, which commas separate.
func (b *clusterBuilder) list(annotation string) []string {
	var words []string
	for word := range strings.SplitSeq(b.in.Workload.Annotations[annotation], ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}
