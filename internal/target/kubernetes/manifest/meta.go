package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The labels by which objects are found.
const (
	nameLabel    = "app.kubernetes.io/name"
	projectLabel = "terrace.dev/project"
	stageLabel   = "terrace.dev/stage"
	// TenantLabel says whose a namespace is.
	TenantLabel = "terrace.dev/tenant"
)

// named returns the metadata of an object of the workload; suffix tells several
// of one kind apart.
func (b *builder) named(suffix string) metav1.ObjectMeta {
	name := b.place.Workload
	if suffix != "" {
		name = fit(name+"-"+suffix, 63)
	}
	return metav1.ObjectMeta{Name: name, Namespace: b.place.Namespace(), Labels: b.labels(), Annotations: b.annotations()}
}

// selector are the labels that never change, and so may select pods.
func (b *builder) selector() map[string]string {
	return map[string]string{nameLabel: b.place.Workload}
}

func (b *builder) labels() map[string]string {
	return map[string]string{
		nameLabel: b.place.Workload, "app.kubernetes.io/part-of": b.place.Project, "app.kubernetes.io/managed-by": "terrace",
		projectLabel: b.place.Project, stageLabel: b.place.Stage,
	}
}

// annotations carry the workload's tags, whose values need not be labels.
func (b *builder) annotations() map[string]string {
	out := map[string]string{}
	for key, value := range b.spec.Labels {
		out["tags.terrace.dev/"+tagKey(key)] = value
	}
	return out
}

var notTag = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

func tagKey(key string) string { return strings.Trim(notTag.ReplaceAllString(key, "-"), "-._") }

var notLabel = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// labelValue makes a text fit for a label.
func labelValue(s string) string {
	s = notLabel.ReplaceAllString(s, "-")
	return strings.Trim(s[:min(len(s), 63)], "-._")
}

// fit shortens a name that is too long; different names stay different.
func fit(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.TrimRight(name[:limit-9], "-") + "-" + hex.EncodeToString(sum[:4])
}
