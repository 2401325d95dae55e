package jobs

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// maxOutside bounds what a ${file:path} brings in, in bytes.
const maxOutside = 1 << 20

// outside puts what is outside a job file into the values of its tree. As the
// tree is there already, no value can change what is a key and what a list.
type outside struct {
	dir  string // of the job file
	env  func(string) (string, bool)
	from map[ast.Node]origin
	// failed are nodes that miss something: their keys are not read.
	failed   map[ast.Node]bool
	problems []Problem
}

// origin says where the value of a node is from. Messages show that and not
// the value, which may be a secret.
type origin struct {
	text  string // such as ${NAME}
	whole bool   // there is nothing else in the node
}

// fill replaces the expressions in the values of a mapping. Mistakes name the
// key by its path, and belong to the key at the top.
func (o *outside) fill(values []*ast.MappingValueNode) {
	for _, v := range values {
		name := v.Key.GetToken().Value
		before := len(o.problems)
		o.entry(name, v)
		for i := range o.problems[before:] {
			o.problems[before+i].Key = name
			o.failed[v] = true
		}
	}
}

// entry fills the value of a key. A plain scalar that comes to nothing is
// nothing, as YAML types it.
func (o *outside) entry(path string, v *ast.MappingValueNode) {
	o.node(path, v.Value)
	n, ok := v.Value.(*ast.StringNode)
	if ok && n.Token.Type == token.StringType && o.from[n].whole && slices.Contains([]string{"", "~", "null", "Null", "NULL"}, n.Value) {
		v.Value = ast.Null(n.Token)
	}
}

func (o *outside) node(path string, n ast.Node) {
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			o.entry(path+"."+v.Key.GetToken().Value, v)
		}
	case *ast.MappingValueNode:
		o.entry(path+"."+n.Key.GetToken().Value, n)
	case *ast.SequenceNode:
		for _, item := range n.Values {
			o.node(path, item)
		}
	case *ast.LiteralNode:
		o.text(path, n, &n.Value.Value)
	case *ast.StringNode:
		o.text(path, n, &n.Value)
	}
}

// text replaces the expressions of one value.
func (o *outside) text(path string, n ast.Node, text *string) {
	expanded, found, whole, errs := expand(*text, o.value)
	for _, err := range errs {
		o.problems = append(o.problems, Problem{Line: line(n), Text: fmt.Sprintf("%s: %v", path, err)})
	}
	*text = expanded
	if len(found) == 0 {
		return
	}
	var names []string
	for _, e := range found {
		names = append(names, e.String())
	}
	o.from[n] = origin{strings.Join(names, " and "), whole}
}

// value is what an expression stands for. Errors do not tell it.
func (o *outside) value(e expression) (string, error) {
	if e.File != "" {
		return o.file(e)
	}
	value, _ := o.env(e.Name)
	if value == "" && !e.HasDefault {
		return "", fmt.Errorf("%s is not set: set %s in the environment, or write ${%[2]s:-default}", e, e.Name)
	}
	return cmp.Or(value, e.Default), nil
}

// file is the text of a file without the newline at its end.
func (o *outside) file(e expression) (string, error) {
	path := e.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.dir, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", e, reason(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxOutside+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", e, reason(err))
	case len(text) > maxOutside:
		return "", fmt.Errorf("%s: the file is larger than 1 MiB", e)
	case !utf8.Valid(text):
		return "", fmt.Errorf("%s: the file is not text (UTF-8)", e)
	}
	value := strings.TrimPrefix(string(text), "\ufeff")
	return strings.TrimSuffix(strings.TrimSuffix(value, "\n"), "\r"), nil
}

// reason is the error of a file without its path.
func reason(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// several takes a value apart that is all one expression and stands in a list:
// it may bring several items, one per line, and with commas also several in a
// line.
func (o *outside) several(n ast.Node, text string, commas bool) []string {
	if !o.from[n].whole {
		return []string{text}
	}
	return fields(text, commas)
}

// fields are the items of a list that is one text.
func fields(text string, commas bool) []string {
	var items []string
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || commas && r == ',' }) {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
