// Writes the seeds of the stored formats: write_stored_seeds tests/fuzz/corpus
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "lull/publish/effective.h"
#include "lull/publish/stored_document.h"
#include "lull/snapshot/stored_shard.h"
#include "lull/snapshot/table.h"

namespace lull {
namespace {

using snapshot::RecordChange;
using snapshot::RecordInput;
using snapshot::TableBuilder;

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (file.close(), !file) {
    std::fprintf(stderr, "%s cannot be written\n", path.c_str());
    std::exit(1);
  }
}

RecordChange record(int number, std::size_t note_bytes, std::size_t indexes) {
  RecordInput out;
  out.key = "a/" + std::to_string(number);
  out.json =
      R"({"n":)" + std::to_string(number) + R"(,"note":")" + std::string(note_bytes, 'x') + "\"}";
  if (indexes > 0)
    out.index_values.emplace_back(number % 3 == 0 ? "" : "w" + std::to_string(number % 3));
  if (indexes > 1) out.index_values.push_back(number % 2 == 0 ? std::nullopt : std::optional("é"));
  if (number % 4 != 0) out.quantity = 1 - number;
  return {out.key, out};
}

/// The one shard of so few records.
std::string shard(int records, std::size_t note_bytes, std::size_t indexes) {
  std::vector<RecordChange> changes;
  for (int i = 0; i < records; ++i) changes.push_back(record(10 + i, note_bytes, indexes));
  snapshot::Table::Layout layout;
  for (std::size_t i = 0; i < indexes; ++i) layout.indexes.push_back(std::to_string(i));
  const auto table = TableBuilder::apply(TableBuilder::empty(layout, nullptr), changes);
  std::string out;
  table.value()->records().for_each_shard(
      [&](const snapshot::Shard& made) { append_stored_shard(out, made, indexes); });
  return out;
}

std::string document(const std::string& yaml) {
  const auto node = codec::parse_document(yaml, codec::DocumentFormat::kYaml, {"a.yaml", 0});
  const std::vector<std::string> files{"a.yaml"};
  return publish::stored_document(*publish::to_document("a", node.value(), files, nullptr));
}

void write_shards(const std::filesystem::path& folder) {
  write(folder / "one_record", shard(1, 0, 1));
  write(folder / "no_indexes", shard(3, 2, 0));
  write(folder / "two_indexes", shard(7, 5, 2));
  write(folder / "full", shard(60, 1, 1));
  write(folder / "long_value", shard(2, 1100, 1));
  const std::string whole = shard(2, 3, 1);
  write(folder / "cut", std::string_view(whole).substr(0, whole.size() - 4));
  write(folder / "bytes_after", whole + '\0');
  write(folder / "more_than_it_has", whole.substr(0, 5) + "\x40" + whole.substr(6));
  write(folder / "size_too_long", whole.substr(0, 6) + "\xFF\xFF\xFF\xFF\x0F" + whole.substr(7));
}

void write_documents(const std::filesystem::path& folder) {
  write(folder / "empty", document("{}\n"));
  write(folder / "flat", document("a: 1\nb: two\nc: 1.5e3\nd: true\ne: null\n"));
  write(folder / "nested",
        document(
            "db:\n  urls: [x, y, {z: []}]\n  \"é\\n\\\"\\\\/~\": \"\\u0001\"\nlist: [1, -0.0]\n"));
  const std::string whole = document("a: [1, 2]\nb: {c: d}\n");
  write(folder / "cut", std::string_view(whole).substr(0, whole.size() - 1));
  write(folder / "bytes_after", whole + '\0');
  write(folder / "two_files", [&whole] {
    std::string out = whole;
    out.replace(6, 8, std::string("\x02\x06") + "a.yaml" + "\x06" + "b.yaml");
    out[out.size() - 2] = 1;  // the last value is from the second
    return out;
  }());
  std::string other = whole;
  other[other.find('[')] = ' ';
  write(folder / "broken_text", other);
}

}  // namespace
}  // namespace lull

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("Usage: write_stored_seeds FOLDER\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = arguments[1];
  lull::write_shards(folder / "stored_shard");
  lull::write_documents(folder / "stored_document");
  return 0;
}
