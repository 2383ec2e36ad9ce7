// LMDB in a directory of its own, not synchronised to disk: one transaction a write, and for reads
// one a thread that is reset and renewed.
#pragma once

#include <lmdb.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "store.h"

namespace lull::inflection {

class LmdbStore {
 public:
  class Reader {
   public:
    explicit Reader(LmdbStore& store) {
      must(mdb_txn_begin(store.environment_, nullptr, MDB_RDONLY, &transaction_));
      mdb_txn_reset(transaction_);
    }
    ~Reader() { mdb_txn_abort(transaction_); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

   private:
    friend class LmdbStore;
    MDB_txn* transaction_ = nullptr;
  };

  LmdbStore(const Keys& keys, const Settings& settings) {
    must(mdb_env_create(&environment_));
    must(mdb_env_set_mapsize(environment_, kMapBytes));
    must(mdb_env_set_maxreaders(environment_, static_cast<unsigned>(settings.readers) + 8));
    must(mdb_env_open(environment_, settings.directory.c_str(), MDB_NOSYNC, 0600));
    MDB_txn* transaction = nullptr;
    must(mdb_txn_begin(environment_, nullptr, 0, &transaction));
    must(mdb_dbi_open(transaction, nullptr, 0, &database_));
    for (std::size_t i = 0; i < keys.size(); ++i) put(transaction, keys[i], value_of(keys[i], 0));
    must(mdb_txn_commit(transaction));
  }
  ~LmdbStore() { mdb_env_close(environment_); }
  LmdbStore(const LmdbStore&) = delete;
  LmdbStore& operator=(const LmdbStore&) = delete;

  template <class Use>
  bool read(Reader& reader, std::string_view key, Use use) {
    must(mdb_txn_renew(reader.transaction_));
    MDB_val name = view(key);
    MDB_val data{};
    const bool found = mdb_get(reader.transaction_, database_, &name, &data) == 0;
    const bool used =
        found && use(std::string_view(static_cast<const char*>(data.mv_data), data.mv_size));
    mdb_txn_reset(reader.transaction_);
    return used;
  }

  void write(std::string_view key, const std::string& value) {
    for (;;) {
      MDB_txn* transaction = nullptr;
      must(mdb_txn_begin(environment_, nullptr, 0, &transaction));
      int code = put(transaction, key, value);
      if (code == 0) {
        code = mdb_txn_commit(transaction);
      } else {
        mdb_txn_abort(transaction);
      }
      if (code == 0) return;
      // A reader that was interrupted keeps every page that was replaced since: wait for it.
      if (code != MDB_MAP_FULL) must(code);
      std::this_thread::yield();
    }
  }

 private:
  static constexpr std::size_t kMapBytes = std::size_t{4} << 30U;

  static void must(int code) {
    if (code == 0) return;
    std::fprintf(stderr, "lmdb: %s\n", mdb_strerror(code));
    std::_Exit(1);  // other threads are inside LMDB: no destructors
  }

  /// LMDB takes pointers that are not const, and does not write through them.
  static MDB_val view(std::string_view bytes) {
    return {.mv_size = bytes.size(), .mv_data = const_cast<char*>(bytes.data())};
  }

  int put(MDB_txn* transaction, std::string_view key, std::string_view value) const {
    MDB_val name = view(key);
    MDB_val data = view(value);
    return mdb_put(transaction, database_, &name, &data, 0);
  }

  MDB_env* environment_ = nullptr;
  MDB_dbi database_ = 0;
};

}  // namespace lull::inflection
