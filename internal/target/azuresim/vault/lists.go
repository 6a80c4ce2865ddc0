package vault

import (
	"slices"
	"strconv"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// pageSize is how many entries a page of a list has at most.
const pageSize = 25

// list answers with the items of a kind, without their content.
func list(one *call) (any, error) {
	entries := []any{}
	for _, i := range one.all(one.kind) {
		if i.Deleted == 0 && !(one.kind == certificates && len(i.Versions) == 0) {
			entries = append(entries, one.entry(i, i.at(""), one.url(one.kind, i.Name)))
		}
	}
	return one.page(entries, one.kind)
}

func listVersions(one *call) (any, error) {
	i, err := one.live(one.kind, one.name)
	if err != nil {
		return nil, err
	}
	entries := []any{}
	for n := range i.Versions {
		entries = append(entries, one.entry(i, &i.Versions[n], one.url(one.kind, i.Name, i.Versions[n].ID)))
	}
	return one.page(entries, one.kind, one.name, "versions")
}

func listDeleted(one *call) (any, error) {
	entries := []any{}
	for _, i := range one.all(one.kind) {
		if i.Deleted != 0 {
			entry := one.entry(i, i.at(""), one.url(one.kind, i.Name))
			one.addDeletion(entry, i)
			entries = append(entries, entry)
		}
	}
	return one.page(entries, "deleted"+one.kind)
}

// entry is an item in a list.
func (one *call) entry(i *item, v *version, id string) arm.Object {
	name := "id"
	if one.kind == keys {
		name = "kid"
	}
	out := arm.Object{name: id, "attributes": one.attributes(v)}
	if len(v.Tags) > 0 {
		out["tags"] = v.Tags
	}
	if i.Managed {
		out["managed"] = true
	}
	if one.kind == secrets && v.ContentType != "" {
		out["contentType"] = v.ContentType
	}
	if one.kind == certificates && len(v.Certificate) > 0 {
		out["x5t"] = thumbprint(v.Certificate)
	}
	return out
}

// page cuts a list as $skiptoken and maxresults ask.
func (one *call) page(entries []any, path ...string) (any, error) {
	size := pageSize
	if asked, err := strconv.Atoi(one.query["maxresults"]); err == nil && asked > 0 && asked < size {
		size = asked
	}
	from, _ := strconv.Atoi(one.query["$skiptoken"]) // none is the first page
	from = min(max(from, 0), len(entries))
	out := arm.Object{"value": slices.Clip(entries[from:min(from+size, len(entries))]), "nextLink": nil}
	if from+size < len(entries) {
		out["nextLink"] = one.url(path...) + "?api-version=" + one.query["api-version"] + "&$skiptoken=" + strconv.Itoa(from+size) + "&maxresults=" + strconv.Itoa(size)
	}
	return out, nil
}
