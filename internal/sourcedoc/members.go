package sourcedoc

import (
	"fmt"
	"go/ast"
	"reflect"
	"strconv"
	"strings"
)

// Member is a member of a file that a Go type decodes.
type Member struct {
	// Path is where it is: names joined by dots, with [] behind those of lists.
	Path string
	// Type is that of Go without pointers, as it is written in the source: string, []string, Mode, metav1.Duration. Members of
	// structs of the source follow theirs.
	Type string
	Doc  string
	// Markers are those of the comment, with their values.
	Markers map[string]string
}

// Members lists the members of a struct of the source and those of the structs in it, in their order. Embedded fields are left out.
// A link in a comment becomes the value of that constant.
func (s *Source) Members(typeName string) ([]Member, error) {
	structs := map[string]*ast.StructType{}
	for _, file := range s.files {
		ast.Inspect(file, func(node ast.Node) bool {
			if spec, ok := node.(*ast.TypeSpec); ok {
				if fields, ok := spec.Type.(*ast.StructType); ok {
					structs[spec.Name.Name] = fields
				}
			}
			return true
		})
	}
	if structs[typeName] == nil {
		return nil, fmt.Errorf("the sources have no struct %s", typeName)
	}
	declared, _ := s.declared()
	return members("", structs[typeName], structs, valuesOf(declared)), nil
}

func members(prefix string, of *ast.StructType, structs map[string]*ast.StructType, values map[string]string) (found []Member) {
	for _, field := range of.Fields.List {
		for _, name := range field.Names {
			member := Member{Path: prefix + jsonName(field), Type: typeOf(field.Type)}
			member.Doc, member.Markers = Text("", field.Doc, values)
			if rest, begins := strings.CutPrefix(member.Doc, name.Name); begins {
				member.Doc = "`" + jsonName(field) + "`" + rest
			}
			if strings.HasPrefix(member.Type, "[]") {
				member.Path += "[]"
			}
			found = append(found, member)
			if below := structs[strings.TrimPrefix(member.Type, "[]")]; below != nil {
				found = append(found, members(member.Path+".", below, structs, values)...)
			}
		}
	}
	return found
}

func jsonName(field *ast.Field) string {
	if field.Tag == nil {
		return ""
	}
	tag, _ := strconv.Unquote(field.Tag.Value)
	name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
	return name
}

// typeOf spells a type as the source does, without pointers.
func typeOf(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return typeOf(e.X)
	case *ast.ArrayType:
		return "[]" + typeOf(e.Elt)
	case *ast.SelectorExpr:
		return typeOf(e.X) + "." + e.Sel.Name
	case *ast.StructType:
		return "struct{}"
	}
	return ""
}
