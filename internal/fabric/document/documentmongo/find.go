package documentmongo

import (
	"context"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/terrace-idp/terrace/internal/fabric/document"
)

// Get implements document.Store.
func (s *Store) Get(ctx context.Context, at document.Place, ids []string) ([]document.Document, error) {
	names := make(bson.A, 0, len(ids))
	for _, id := range ids {
		names = append(names, keyOf(at, id))
	}
	return s.find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: names}}}}, options.Find())
}

func (s *Store) find(ctx context.Context, which bson.D, o *options.FindOptions) ([]document.Document, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var records []record
	found, err := s.docs.Find(ctx, which, o)
	if err == nil {
		err = found.All(ctx, &records)
	}
	if err != nil {
		return nil, mapped(err)
	}
	all := make([]document.Document, 0, len(records))
	for _, r := range records {
		d, err := r.document()
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// Find implements document.Store.
func (s *Store) Find(ctx context.Context, at document.Place, scan document.Scan) (document.Found, error) {
	than, way := "$gt", 1
	if scan.Descending {
		than, way = "$lt", -1
	}
	all := bson.A{
		bson.D{{Key: "p", Value: at.String()}},
		bson.D{{Key: "$or", Value: bson.A{bson.D{{Key: "e", Value: int64(0)}}, bson.D{{Key: "e", Value: bson.D{{Key: "$gt", Value: scan.Now.UnixMicro()}}}}}}},
	}
	for _, f := range scan.Also {
		all = append(all, within("k."+f.Index, f.Ranges))
	}
	order := bson.D{{Key: "i", Value: way}}
	if scan.Index != "" {
		key := "k." + scan.Index
		order = append(bson.D{{Key: key, Value: way}}, order...)
		ranges := scan.Ranges
		if len(ranges) == 0 {
			ranges = []document.Range{{To: "\uffff"}} // all that have a key
		}
		all = append(all, within(key, ranges))
		if scan.After != nil {
			all = append(all, bson.D{{Key: "$or", Value: bson.A{
				bson.D{{Key: key, Value: bson.D{{Key: than, Value: scan.After.Key}}}},
				bson.D{{Key: key, Value: scan.After.Key}, {Key: "i", Value: bson.D{{Key: than, Value: scan.After.ID}}}},
			}}})
		}
	} else if scan.After != nil {
		all = append(all, bson.D{{Key: "i", Value: bson.D{{Key: than, Value: scan.After.ID}}}})
	}
	found, err := s.find(ctx, bson.D{{Key: "$and", Value: all}}, options.Find().SetSort(order).SetLimit(int64(scan.Limit)+1))
	return document.FoundOf(found, scan), err
}

// within has a key be in one of the ranges; none has nothing.
func within(key string, ranges []document.Range) bson.D {
	if len(ranges) == 0 {
		return bson.D{{Key: "_id", Value: ""}}
	}
	some := make(bson.A, 0, len(ranges))
	for _, r := range ranges {
		from, to := "$gte", "$lt"
		if r.Above {
			from = "$gt"
		}
		if r.Through {
			to = "$lte"
		}
		some = append(some, bson.D{{Key: key, Value: bson.D{{Key: from, Value: r.From}, {Key: to, Value: r.To}}}})
	}
	return bson.D{{Key: "$or", Value: some}}
}
