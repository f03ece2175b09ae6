package sourcedoc

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Strings is a constant or variable that is declared with strings.
type Strings struct {
	Name   string
	Type   string // as written, "" when it is not
	Values []string
	Doc    string
}

// Source is the parsed Go files of some folders, without tests and generated files.
type Source struct{ files []*ast.File }

// Read parses the folders and those below them.
func Read(folders ...string) (*Source, error) {
	source := &Source{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name := entry.Name()
			if entry.IsDir() && name == "testdata" {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "zz_generated") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
			source.files = append(source.files, file)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read the sources of %s: %w", folder, err)
		}
	}
	return source, nil
}

// Declared lists the constants and variables of packages that are declared with strings, in the order of the sources. Doc is the comment
// of the declaration itself: one above a whole group describes none of them.
func (s *Source) Declared() []Strings {
	found, comments := s.declared()
	values := valuesOf(found)
	for i := range found {
		found[i].Doc, _ = Text(found[i].Name, comments[i], values)
	}
	return found
}

// valuesOf is what links to declarations become: the first of their strings.
func valuesOf(declared []Strings) map[string]string {
	values := make(map[string]string, len(declared))
	for _, d := range declared {
		values[d.Name] = d.Values[0]
	}
	return values
}

// declared lists the declarations, still without Doc, and the comment of each.
func (s *Source) declared() (found []Strings, comments []*ast.CommentGroup) {
	for _, file := range s.files {
		for _, declaration := range file.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST && group.Tok != token.VAR {
				continue
			}
			for _, spec := range group.Specs {
				spec := spec.(*ast.ValueSpec)
				comment := spec.Doc
				if comment == nil && !group.Lparen.IsValid() {
					comment = group.Doc
				}
				for i, name := range spec.Names {
					if i >= len(spec.Values) {
						break
					}
					if values := stringsOf(spec.Values[i]); len(values) > 0 {
						found = append(found, Strings{Name: name.Name, Type: typeOf(spec.Type), Values: values})
						comments = append(comments, comment)
					}
				}
			}
		}
	}
	return found, comments
}

// stringsOf are the strings of a literal, or of a list of literals.
func stringsOf(expression ast.Expr) (values []string) {
	switch e := expression.(type) {
	case *ast.BasicLit:
		if value, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return []string{value}
		}
	case *ast.CompositeLit:
		for _, element := range e.Elts {
			values = append(values, stringsOf(element)...)
		}
	}
	return values
}

// Literals lists every string of the sources, declared or not, sorted and each once. What packages are imported from is none.
func (s *Source) Literals() (found []string) {
	for _, file := range s.files {
		ast.Inspect(file, func(node ast.Node) bool {
			if _, isImport := node.(*ast.ImportSpec); isImport {
				return false
			}
			if field, isField := node.(*ast.Field); isField && field.Tag != nil {
				return false
			}
			if expression, ok := node.(*ast.BasicLit); ok {
				found = append(found, stringsOf(expression)...)
			}
			return true
		})
	}
	slices.Sort(found)
	return slices.Compact(found)
}
