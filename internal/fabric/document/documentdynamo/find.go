package documentdynamo

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/terrace-idp/terrace/internal/fabric/document"
)

// maxLooked bounds the documents that one scan looks at.
const maxLooked = 2000

// bounds are the ends of a part of a partition; both are in it, and "" is none.
type bounds struct{ from, to string }

// condition is that of the part for a query, with its values.
func (b bounds) condition(values item) string {
	if b.from != "" {
		values[":from"] = text(b.from)
	}
	if b.to != "" {
		values[":to"] = text(b.to)
	}
	switch {
	case b.from != "" && b.to != "":
		return " AND " + sort + " BETWEEN :from AND :to"
	case b.from != "":
		return " AND " + sort + " >= :from"
	case b.to != "":
		return " AND " + sort + " <= :to"
	}
	return ""
}

// after leaves out what is before the end of another page.
func (b bounds) after(last string, descending bool) bounds {
	switch {
	case last == "":
	case !descending:
		b.from = max(b.from, last)
	case b.to == "" || last < b.to:
		b.to = last
	}
	return b
}

// Find implements document.Store.
func (s *Store) Find(ctx context.Context, at document.Place, scan document.Scan) (document.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	f := &finder{Store: s, at: at, scan: scan}
	for _, b := range parts(scan) {
		if done, err := f.part(ctx, b); done || err != nil {
			return f.found, err
		}
	}
	f.found.Next = nil // that was all
	return f.found, nil
}

// parts are those of the partition that the scan has left, in its order.
func parts(scan document.Scan) []bounds {
	all := []bounds{{}}
	if len(scan.Ranges) > 0 {
		all = nil
		for _, r := range scan.Ranges {
			all = append(all, boundsOf(r))
		}
	}
	if scan.Descending {
		slices.Reverse(all)
	}
	var left []bounds
	for _, b := range all {
		if b = b.after(position(scan), scan.Descending); b.to == "" || b.from <= b.to {
			left = append(left, b)
		}
	}
	return left
}

// boundsOf are the ends of a range of keys: an entry goes on with NUL after its key, so it
// is none of them itself.
func boundsOf(r document.Range) bounds {
	b := bounds{r.From, r.To}
	if r.Above {
		b.from += "\x01"
	}
	if r.Through {
		b.to += "\x01"
	}
	return b
}

// position is the sort key that the page before ended with.
func position(scan document.Scan) string {
	switch {
	case scan.After == nil:
		return ""
	case scan.Index == "":
		return scan.After.ID
	default:
		return entry(scan.After.Key, scan.After.ID)
	}
}

// finder is a scan under way.
type finder struct {
	*Store

	at     document.Place
	scan   document.Scan
	found  document.Found
	looked int
}

// part reads one part, and reports whether the scan is done.
func (f *finder) part(ctx context.Context, b bounds) (bool, error) {
	name := f.at.String()
	if f.scan.Index != "" {
		name += "#" + f.scan.Index
	}
	values := item{":p": text(name)}
	condition := partition + " = :p" + b.condition(values)
	pages := dynamodb.NewQueryPaginator(f.client, &dynamodb.QueryInput{
		TableName: &f.table, KeyConditionExpression: &condition, ExpressionAttributeValues: values,
		ScanIndexForward: aws.Bool(!f.scan.Descending), ConsistentRead: aws.Bool(true), Limit: aws.Int32(int32(f.scan.Limit + 2)),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, mapped(err)
		}
		if done, err := f.take(ctx, page.Items); done || err != nil {
			return done, err
		}
	}
	return false, nil
}

// take takes what holds of a page of items.
func (f *finder) take(ctx context.Context, items []item) (bool, error) {
	items = slices.DeleteFunc(items, func(i item) bool { return textOf(i[sort]) == position(f.scan) })
	all, err := f.documents(ctx, items)
	if err != nil {
		return false, err
	}
	for _, d := range all {
		if len(f.found.Documents) == f.scan.Limit || f.looked >= maxLooked {
			return true, nil
		}
		f.looked++
		if f.holds(d) {
			f.found.Documents = append(f.found.Documents, d)
		}
		f.found.Next = f.scan.PositionOf(d)
	}
	return false, nil
}

func (f *finder) holds(d document.Document) bool {
	if d.IsOver(f.scan.Now) {
		return false
	}
	return !slices.ContainsFunc(f.scan.Also, func(also document.Filter) bool { return !also.Holds(d.Keys) })
}

// documents are those that the items of an index stand for, in their order; one that was
// changed meanwhile has another item.
func (f *finder) documents(ctx context.Context, items []item) ([]document.Document, error) {
	if f.scan.Index == "" {
		all := make([]document.Document, 0, len(items))
		for _, i := range items {
			d, err := documentOf(i)
			if err != nil {
				return nil, err
			}
			all = append(all, d)
		}
		return all, nil
	}
	ids := make([]string, 0, len(items))
	for _, i := range items {
		ids = append(ids, textOf(i[identity]))
	}
	got, err := f.Get(ctx, f.at, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]document.Document, len(got))
	for _, d := range got {
		byID[d.ID] = d
	}
	var all []document.Document
	for _, i := range items {
		d, there := byID[textOf(i[identity])]
		if there && entry(d.Keys[f.scan.Index], d.ID) == textOf(i[sort]) {
			all = append(all, d)
		}
	}
	return all, nil
}
