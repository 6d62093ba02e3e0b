#include "solution/field_file.hpp"

#include <limits>

#include "nbm/core/error.hpp"
#include "nbm/problem/expression.hpp"
#include "nbm/problem/grid_field.hpp"

namespace nbm {
namespace {

Json store_vector(Vec3<double> v) { return Json::Array{v.x, v.y, v.z}; }

Vec3<double> restore_vector(const Json& json, const char* name) {
  const Json::Array& items = json.array(name);
  if (items.size() != kDim) throw InvalidArgument(name, "expected 3 numbers");
  return {items[0].number(name), items[1].number(name), items[2].number(name)};
}

// A node as ["add", 4, 7] or ["constant", 0.5]: its operation, then what it works on.
Json store_node(const ExpressionNode& node) {
  Json::Array items{to_string(node.op)};
  if (node.op == Op::constant) items.emplace_back(node.value);
  for (const std::int32_t operand : {node.a, node.b, node.c}) {
    if (operand >= 0) items.emplace_back(operand);
  }
  return items;
}

ExpressionNode restore_node(const Json& json) {
  const Json::Array& items = json.array("nodes");
  if (items.empty() || items.size() > 4) throw InvalidArgument("nodes", "expected an operation and up to 3 operands");
  ExpressionNode node{parse_op(items[0].string("nodes"))};
  if (node.op == Op::constant) {
    if (items.size() != 2) throw InvalidArgument("nodes", "expected a constant's value");
    node.value = items[1].number("nodes");
    return node;
  }
  std::int32_t* const operands[] = {&node.a, &node.b, &node.c};
  for (std::size_t i = 1; i < items.size(); ++i) {
    const index_t operand = items[i].integer("nodes");
    if (operand < 0 || operand > std::numeric_limits<std::int32_t>::max()) {
      throw InvalidArgument("nodes", "the operand " + std::to_string(operand) + " is no earlier node");
    }
    *operands[i - 1] = static_cast<std::int32_t>(operand);
  }
  return node;
}

GridField restore_grid(const Json& json, const std::string& name, TensorFile& file) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end() || found->second.shape.size() != kDim) {
    throw InvalidArgument(name, "the grid's values are missing or not three-dimensional");
  }
  Tensor tensor = std::move(found->second);
  return GridField(restore_box(json.at("box")), {tensor.shape[0], tensor.shape[1], tensor.shape[2]},
                   std::move(tensor.values), parse_interpolation(json.at("interpolation").string("interpolation")));
}

}  // namespace

Json store_box(const Box& box) {
  return Json::Object{{"lower", store_vector(box.lower)}, {"upper", store_vector(box.upper)}};
}

Box restore_box(const Json& json) {
  const Box box{restore_vector(json.at("lower"), "lower"), restore_vector(json.at("upper"), "upper")};
  box.validate();
  return box;
}

Json store_field(const Field& field, const std::string& name, TensorFile& file) {
  Json::Object json{{"kind", field.kind()}};
  if (const double* value = field.constant()) {
    json.emplace("value", *value);
  } else if (const Expression* expression = field.expression()) {
    Json::Array nodes;
    for (const ExpressionNode& node : expression->nodes()) nodes.push_back(store_node(node));
    json.emplace("nodes", std::move(nodes));
  } else if (const GridField* grid = field.grid()) {
    json.emplace("box", store_box(grid->box()));
    json.emplace("interpolation", to_string(grid->interpolation()));
    const Vec3<index_t> shape = grid->shape();
    file.tensors[name] = {{shape.x, shape.y, shape.z}, {grid->values().begin(), grid->values().end()}};
  }
  return json;
}

Field restore_field(const Json& json, const std::string& name, TensorFile& file) {
  const std::string& kind = json.at("kind").string("kind");
  if (kind == "constant") return json.at("value").number("value");
  if (kind == "grid") return restore_grid(json, name, file);
  if (kind != "expression") throw InvalidArgument(name, "a field of kind \"" + kind + "\" cannot be read from a file");
  std::vector<ExpressionNode> nodes;
  for (const Json& node : json.at("nodes").array("nodes")) nodes.push_back(restore_node(node));
  return Expression(nodes);
}

}  // namespace nbm
