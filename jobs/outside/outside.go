// Package outside brings values from outside a job file into it: an expression
// such as ${NAME} or ${file:path} in a value of the file stands for one.
package outside

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// Place is where a job file stands, and what it may bring in from there.
type Place struct {
	Dir     string // of the job file
	Env     func(string) (string, bool)
	AnyFile bool // not only files in Dir
}

// Values are the values of a job file's tree with what is outside the file put
// into them. As the tree is there already, no value can change what is a key and
// what a list. The zero Values have nothing from outside.
type Values struct {
	Place
	from     map[ast.Node]origin
	missing  map[ast.Node]bool
	mistakes []Mistake
}

// origin says where the value of a node is from.
type origin struct {
	text  string // such as ${NAME}
	whole bool   // there is nothing else in the node
	given bool   // it is a variable of the environment, and no default
}

// Mistake is an expression that stands for nothing.
type Mistake struct {
	At   ast.Node // the value with it
	Key  string   // at the top of the file
	Text string   // names the key by its path
}

// Fill replaces the expressions in the values of the mapping at the top of a job
// file.
func Fill(mapping []*ast.MappingValueNode, place Place) (Values, []Mistake) {
	o := Values{Place: place, from: map[ast.Node]origin{}, missing: map[ast.Node]bool{}}
	for _, v := range mapping {
		name := v.Key.GetToken().Value
		before := len(o.mistakes)
		o.entry(name, v)
		for i := range o.mistakes[before:] {
			o.mistakes[before+i].Key = name
			o.missing[v] = true
		}
	}
	return o, o.mistakes
}

// From is what the value of a node is from, such as ${NAME}, or empty. Messages
// show that and not the value, which may be a secret.
func (o *Values) From(n ast.Node) string { return o.from[n].text }

// Given reports whether the environment alone, and nothing in the job file, says
// what the value of a node is.
func (o *Values) Given(n ast.Node) bool { return o.from[n].given }

// Missing tells whether the value of a key at the top misses something, and is
// not to be read.
func (o *Values) Missing(v *ast.MappingValueNode) bool { return o.missing[v] }

// Several takes a value apart that is all one expression and stands in a list:
// it may bring several items, one per line, and with commas also several in a
// line.
func (o *Values) Several(n ast.Node, text string, commas bool) []string {
	if !o.from[n].whole {
		return []string{text}
	}
	return fields(text, commas)
}

// entry fills the value of a key. A plain scalar that comes to nothing is
// nothing, as YAML types it.
func (o *Values) entry(path string, v *ast.MappingValueNode) {
	o.node(path, v.Value)
	n, ok := v.Value.(*ast.StringNode)
	if ok && n.Token.Type == token.StringType && o.from[n].whole && slices.Contains([]string{"", "~", "null", "Null", "NULL"}, n.Value) {
		v.Value = ast.Null(n.Token)
	}
}

func (o *Values) node(path string, n ast.Node) {
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
func (o *Values) text(path string, n ast.Node, text *string) {
	expanded, found, whole, errs := expand(*text, o.value)
	for _, err := range errs {
		o.mistakes = append(o.mistakes, Mistake{At: n, Text: fmt.Sprintf("%s: %v", path, err)})
	}
	*text = expanded
	if len(found) == 0 {
		return
	}
	var names []string
	for _, e := range found {
		names = append(names, e.String())
	}
	from := origin{text: strings.Join(names, " and "), whole: whole}
	if whole && found[0].Name != "" {
		value, _ := o.Env(found[0].Name)
		from.given = value != ""
	}
	o.from[n] = from
}

// value is what an expression stands for. Errors do not tell it.
func (o *Values) value(e expression) (string, error) {
	if e.File != "" {
		return o.file(e)
	}
	value, _ := o.Env(e.Name)
	if value == "" && !e.HasDefault {
		return "", fmt.Errorf("%s is not set: set %s in the environment, or write ${%[2]s:-default}", e, e.Name)
	}
	return cmp.Or(value, e.Default), nil
}

// file is the text of a file without the newline at its end.
func (o *Values) file(e expression) (string, error) {
	text, err := o.read(e.File)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", e, durable.Cause(err))
	case len(text) > maxFile:
		return "", fmt.Errorf("%s: the file is larger than 1 MiB", e)
	case !utf8.Valid(text):
		return "", fmt.Errorf("%s: the file is not text (UTF-8)", e)
	}
	value := strings.TrimPrefix(string(text), "\ufeff")
	return strings.TrimSuffix(strings.TrimSuffix(value, "\n"), "\r"), nil
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
