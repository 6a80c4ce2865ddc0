package manifest

import (
	"encoding/base64"
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// placed is a file with its key in the ConfigMap, or in the Secret where its
// content is a secret.
type placed struct {
	container, target, key, secret string
	file                           File
}

// files returns all files in their order.
func (b *builder) files() []placed {
	var out []placed
	taken := map[string]bool{}
	for _, name := range sorted(b.spec.Containers) {
		for _, target := range sorted(b.spec.Containers[name].Files) {
			p := placed{container: name, target: target, file: b.spec.Containers[name].Files[target]}
			if p.file.Content != nil {
				if t, err := parse(*p.file.Content); err == nil {
					p.secret, _ = t.only()
				}
			}
			p.key = fileKey(name, target, taken)
			out = append(out, p)
		}
	}
	return out
}

// fileKey makes a path a key that no other file has.
func fileKey(container, target string, taken map[string]bool) string {
	base := fit(container+"."+strings.Trim(notTag.ReplaceAllString(target, "_"), "_"), 200)
	key := base
	for n := 2; taken[key]; n++ {
		key = base + "-" + strconv.Itoa(n)
	}
	taken[key] = true
	return key
}

// config adds the files whose content is no secret.
func (b *builder) config() {
	data, binary := map[string]string{}, map[string][]byte{}
	for _, f := range b.files() {
		content, err := f.file.bytes()
		if err != nil && b.err == nil {
			b.err = err
		}
		switch {
		case f.secret != "":
		case utf8.Valid(content):
			data[f.key] = string(content)
		default:
			binary[f.key] = content
		}
	}
	if len(data)+len(binary) == 0 {
		return
	}
	b.add("configmap", false, &corev1.ConfigMap{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: b.named("files"), Data: data, BinaryData: binary,
	})
}

func (f File) bytes() ([]byte, error) {
	if f.BinaryContent != nil {
		return base64.StdEncoding.DecodeString(*f.BinaryContent)
	}
	if f.Content == nil {
		return nil, fmt.Errorf("a file has no content")
	}
	return []byte(*f.Content), nil
}

// mode returns the file's permission bits, 0644 where it names none.
func (f File) mode() *int32 {
	bits, err := strconv.ParseInt(f.Mode, 8, 32)
	if err != nil {
		bits = 0o644
	}
	m := int32(bits & 0o777)
	return &m
}

// claims adds the volumes that outlive pods.
func (b *builder) claims() {
	for _, name := range sorted(b.spec.Claims) {
		c := b.spec.Claims[name]
		mode := corev1.ReadWriteOnce
		if c.AccessMode != "" {
			mode = corev1.PersistentVolumeAccessMode(c.AccessMode)
		}
		claim := &corev1.PersistentVolumeClaim{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"}, ObjectMeta: b.named(name),
			Spec: corev1.PersistentVolumeClaimSpec{
				AccessModes: []corev1.PersistentVolumeAccessMode{mode},
				Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(c.Size)}},
			},
		}
		if c.Class != "" {
			claim.Spec.StorageClassName = &c.Class
		}
		b.add("persistentvolumeclaim-"+name, false, claim)
	}
}

// volumes are those of the pod.
func (b *builder) volumes() []corev1.Volume {
	all := map[string]corev1.VolumeSource{}
	for _, name := range sorted(b.spec.Containers) {
		for _, m := range b.spec.Containers[name].Volumes {
			if m.Claim != "" {
				all[m.volume()] = corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: b.named(m.Claim).Name}}
			} else {
				all[m.volume()] = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
			}
		}
		if b.needsTemp(name) {
			all[tempVolume(name)] = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
		}
	}
	b.fileVolumes(all)
	if b.spec.Vault != nil && len(secretsOf(b.spec)) > 0 {
		all["vault"] = b.vaultVolume()
	}
	var out []corev1.Volume
	for _, name := range sorted(all) {
		out = append(out, corev1.Volume{Name: name, VolumeSource: all[name]})
	}
	return out
}

func (b *builder) fileVolumes(all map[string]corev1.VolumeSource) {
	var config, secret []corev1.KeyToPath
	for _, f := range b.files() {
		if f.secret != "" {
			secret = append(secret, corev1.KeyToPath{Key: f.secret, Path: f.key, Mode: f.file.mode()})
		} else {
			config = append(config, corev1.KeyToPath{Key: f.key, Path: f.key, Mode: f.file.mode()})
		}
	}
	if len(config) > 0 {
		all["files"] = corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: b.named("files").Name}, Items: config,
		}}
	}
	if len(secret) > 0 {
		all["secret-files"] = corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: b.secretName(), Items: secret}}
	}
}

// volume is the name of a mount's volume in the pod.
func (m Mount) volume() string {
	if m.Claim != "" {
		return fit("claim-"+m.Claim, 63)
	}
	return fit("scratch-"+m.Scratch, 63)
}

const tempDir = "/tmp"

func tempVolume(container string) string { return fit("tmp-"+container, 63) }

// needsTemp reports whether a container whose root is read-only has no folder
// for temporary files of its own.
func (b *builder) needsTemp(name string) bool {
	if b.spec.Security.WritableRoot {
		return false
	}
	for target := range b.spec.Containers[name].Volumes {
		if path.Clean(target) == tempDir {
			return false
		}
	}
	return true
}

func (b *builder) mounts(name string) []corev1.VolumeMount {
	c := b.spec.Containers[name]
	var out []corev1.VolumeMount
	for _, target := range sorted(c.Volumes) {
		m := c.Volumes[target]
		out = append(out, corev1.VolumeMount{Name: m.volume(), MountPath: target, SubPath: strings.Trim(m.Path, "/"), ReadOnly: m.ReadOnly})
	}
	if b.needsTemp(name) {
		out = append(out, corev1.VolumeMount{Name: tempVolume(name), MountPath: tempDir})
	}
	for _, f := range b.files() {
		if f.container != name {
			continue
		}
		volume := "files"
		if f.secret != "" {
			volume = "secret-files"
		}
		out = append(out, corev1.VolumeMount{Name: volume, MountPath: f.target, SubPath: f.key, ReadOnly: true})
	}
	if b.spec.Vault != nil && c.hasSecret() {
		out = append(out, corev1.VolumeMount{Name: "vault", MountPath: vaultPath, ReadOnly: true})
	}
	return out
}
