// Package document keeps schema-less data: JSON objects in collections of a scope, with
// revisions, queries on declared indexes, and an end of their life.
//
// It owns what a document, a revision, an index and a query are, in which bounds, and the
// port Store that they are kept behind. What one store takes all of them take, and what is
// read from any of them is the same bytes: the suite in documenttest holds that. It does
// not own where documents are (documentsql, documentmongo, documentdynamo), nor who may
// read them: its callers have authorised that.
package document
